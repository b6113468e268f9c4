"""Prints gankit's metrics beside those of the reference tools, of the same images and weights.

    python tests/parity/compare.py FOLDER [--weights FILE] [--images 300]

Runs in an environment with PyTorch, torch-fidelity, pytorch-fid, clean-fid and prdc; see ``run``.
"""

import argparse
import functools
from pathlib import Path

import cleanfid.fid
import cleanfid.resize
import keras
import numpy as np
import pytorch_fid.fid_score
import pytorch_fid.inception
import torch
import torch_fidelity
from PIL import Image
from prdc import compute_prdc
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

import gankit
from gankit import architectures, data, metrics
from gankit.metrics.fid import gaussian_distance, mean_and_covariance
from gankit.training.random import derive_seed

MOST = 1e-3  # of a value, by which two may differ
SIDE = 40  # pixels of an image: more than its 28, so that all sides are resized by odd factors


def make_weights(path):
    """Writes random weights that keep signals of all layers at one size."""
    read = FeatureExtractorInceptionV3.load_state_dict
    module = "torch_fidelity.feature_extractor_inceptionv3"
    __import__(module, fromlist=["x"]).load_state_dict_from_url = lambda *_, **__: {}
    FeatureExtractorInceptionV3.load_state_dict = lambda self, state: None
    network = FeatureExtractorInceptionV3("random", ["2048"])
    FeatureExtractorInceptionV3.load_state_dict = read
    torch.manual_seed(0)
    for name, value in network.state_dict().items():
        if name.endswith(("running_var", "bn.weight")):
            value.copy_(torch.rand(value.shape) / 2 + 0.75)
        elif name.endswith(("running_mean", "bn.bias")):
            value.copy_(torch.randn(value.shape) / 5)
        elif value.ndim > 1:
            value.copy_(torch.randn(value.shape) * (2 / np.prod(value.shape[1:])) ** 0.5)
    torch.save(network.state_dict(), path)


def make_folder(folder, digits):
    """Writes digits as images of random colours."""
    folder.mkdir()
    random = np.random.default_rng(len(folder.name))
    for number, digit in enumerate(digits):
        colour = random.uniform(0.3, 1, 3)
        image = Image.fromarray((digit * colour).astype(np.uint8)).resize((SIDE, SIDE - 4))
        image.save(folder / f"{number:05}.png")


def read_folder(folder):
    return np.stack([np.asarray(Image.open(path)) for path in sorted(folder.iterdir())])


def by_torch_fidelity(folders, weights, number):
    """Returns torch-fidelity's values, and its features of both folders."""
    values = torch_fidelity.calculate_metrics(
        input1=str(folders[1]),
        input2=str(folders[0]),
        feature_extractor="inception-v3-compat",
        feature_extractor_weights_path=str(weights),
        fid=True,
        isc=True,
        kid=True,
        prc=True,
        kid_subsets=1,
        kid_subset_size=number,
        isc_splits=1,
        cuda=False,
        verbose=False,
        save_cpu_ram=True,
    )
    names = {
        "FID": "frechet_inception_distance",
        "KID": "kernel_inception_distance_mean",
        "inception score": "inception_score_mean",
        "precision": "precision",
        "recall": "recall",
    }
    return {name: values[key] for name, key in names.items()}


def by_pytorch_fid(folders, weights):
    state = torch.load(weights, weights_only=True)
    pytorch_fid.inception.load_state_dict_from_url = lambda *_, **__: state
    paths = [str(folder) for folder in folders]
    value = pytorch_fid.fid_score.calculate_fid_given_paths(paths, 50, "cpu", 2048, num_workers=0)
    return {"FID": value}


def by_clean_fid(folders, weights):
    """Returns clean-fid's values; its network is a TorchScript of the same weights, built here."""
    network = FeatureExtractorInceptionV3(
        "x", ["2048"], feature_extractor_weights_path=str(weights)
    )
    stages = list(network.children())[:-1]
    body = torch.nn.Sequential(*stages, torch.nn.Flatten())

    def model(batch):
        with torch.no_grad():
            return body((batch - 128) / 128)

    features = [
        cleanfid.fid.get_folder_features(
            str(folder),
            model,
            num_workers=0,
            device=torch.device("cpu"),
            mode="clean",
            verbose=False,
        )
        for folder in folders
    ]
    # Its sums of float32 features keep three digits of a small distance.
    exact = [part.astype(np.float64) for part in features]
    return {
        "FID": cleanfid.fid.fid_from_feats(*features),
        "KID": cleanfid.fid.kernel_distance(*exact, num_subsets=1),
    }


class Generator(torch_fidelity.GenerativeModelBase):
    """A Keras generator, for torch-fidelity, from latents that ``path_lengths`` registers."""

    z_type = "drawn"
    num_classes = 0

    def __init__(self, network, latent_dim):
        super().__init__()
        self.network = network
        self.latent_dim = latent_dim

    @property
    def z_size(self):
        return self.latent_dim

    def forward(self, latents):
        return self.network(latents, training=False)


class SquaredDistance(torch_fidelity.SampleSimilarityBase):
    """Of pixels, since the weights of the network that papers take can't be had here."""

    def __init__(self, name, **_):
        super().__init__(name)

    def forward(self, first, second):
        return (first.double() - second.double()).square().flatten(1).sum(dim=1)


def path_lengths(number):
    """Returns torch-fidelity's path length of a generator, and gankit's, of the same latents."""
    shape, latent_dim, epsilon = (16, 16, 3), 32, 1e-2
    gan = gankit.GAN(
        architectures.dcgan.build_generator(shape, latent_dim, filters=16),
        architectures.dcgan.build_discriminator(shape, filters=16),
    )

    def sample_latents(number, seed):
        latents = np.random.default_rng(seed).normal(size=(number, latent_dim))
        return latents / np.linalg.norm(latents, axis=1, keepdims=True)

    gan.sample_latents = sample_latents
    drawn = (torch.tensor(sample_latents(number, derive_seed(0, part))).float() for part in (0, 1))
    torch_fidelity.register_noise_source("drawn", lambda *_: next(drawn))
    torch_fidelity.register_sample_similarity("squared", SquaredDistance)
    values = torch_fidelity.calculate_metrics(
        input1=Generator(gan.generator, latent_dim),
        input1_model_num_samples=number,
        ppl=True,
        ppl_epsilon=epsilon,
        ppl_z_interp_mode="slerp_unit",
        ppl_sample_similarity="squared",
        cuda=False,
        verbose=False,
    )
    extractor = keras.Sequential([keras.Input(shape), keras.layers.Flatten()])
    length = metrics.perceptual_path_length(gan, extractor, num_images=number, epsilon=epsilon)
    return values["perceptual_path_length_mean"], length


def ours(folders, weights, resize):
    """Returns gankit's values and its features of both folders."""
    extractor = metrics.extractors.inception_2015(weights, resize)
    real, fake = (metrics.extract(read_folder(folder), extractor, verbose=0) for folder in folders)
    gaussians = [mean_and_covariance(part.values) for part in (real, fake)]
    values = {
        # The function for users refuses a singular covariance, which few images have.
        "FID": gaussian_distance(*gaussians[0], *gaussians[1]),
        "KID": metrics.kernel_distance(real, fake, subset_size=len(real.values)).mean,
        "inception score": metrics.inception_score(fake, splits=1).mean,
    }
    values |= metrics.precision_recall(real, fake)._asdict()
    values |= metrics.density_coverage(real, fake)._asdict()
    return values, real.values, fake.values


def compare(folders, weights, number):
    """Yields a tool, a metric, the tool's value and gankit's."""
    tools = {
        "torch-fidelity": (
            "legacy_tensorflow",
            functools.partial(by_torch_fidelity, folders, weights, number),
        ),
        "pytorch-fid": ("legacy_pytorch", functools.partial(by_pytorch_fid, folders, weights)),
        "clean-fid": ("clean", functools.partial(by_clean_fid, folders, weights)),
    }
    for tool, (resize, measure) in tools.items():
        theirs = measure()
        values, real, fake = ours(folders, weights, resize)
        for name, value in theirs.items():
            yield tool, name, value, values[name]
    found = compute_prdc(real.astype(np.float64), fake.astype(np.float64), nearest_k=5)
    for name in ("density", "coverage"):
        yield "prdc", name, found[name], values[name]
    yield "torch-fidelity", "path length", *path_lengths(number)


def main(folder, weights, number):
    if weights is None:
        weights = folder / "random.pth"
        make_weights(weights)
    digits, _ = data.sample_digits()
    folders = [folder / "real", folder / "fake"]
    make_folder(folders[0], digits[:number])
    # Bolder digits stand for generated ones.
    bold = np.maximum(digits[number : 2 * number], np.roll(digits[number : 2 * number], 1, axis=2))
    make_folder(folders[1], bold)

    print("| tool | metric | theirs | ours | relative difference |\n|---|---|---|---|---|")
    worst = 0.0
    for tool, name, theirs, value in compare(folders, weights, number):
        difference = abs(value - theirs) / max(abs(theirs), 1e-12)
        worst = max(worst, difference)
        print(f"| {tool} | {name} | {theirs:.7g} | {value:.7g} | {difference:.1e} |", flush=True)
    if not worst <= MOST:
        raise SystemExit(f"The largest difference is {worst:.1e}: more than {MOST}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare gankit with the reference tools.")
    parser.add_argument("folder", type=Path, help="where to write images and weights")
    parser.add_argument("--weights", type=Path, help="Inception's; without, random ones")
    parser.add_argument("--images", type=int, default=300, help="in each folder")
    arguments = parser.parse_args()
    main(arguments.folder, arguments.weights, arguments.images)
