"""Class-conditional GANs at equal time: projection, ACGAN, ReACGAN and BigGAN on CIFAR-10.

    python examples/compare_classes.py --path cifar10 --variant reacgan --minutes 12 --mixed

``recipes.modern``'s networks with three kinds of discriminators: projection, class logits
(``ACGAN``) or embeddings (``ReACGAN``); and small networks of BigGAN's. Minutes are the
processor's. Writes a grid with a column for each class, and the model. With ``--judge``, a
Keras model from images in [-1, 1] to features and probabilities of the classes, it also writes
``<variant>.json``: steps, the share of images in which the judge finds the class asked for, and
the mean over the classes of the FID of 1,000 images.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import callbacks, data, metrics, recipes
from gankit.architectures import biggan, dcgan, heads
from gankit.kernel_regularizers import OffDiagonal

SHAPE = (32, 32, 3)
NUM_CLASSES, NUM_EACH, NUM_REAL = 10, 1000, 2000
FILTERS, FILTERS_BIGGAN = 64, 16
BATCH_SIZE = 64
LEARNING_RATE = 4e-4


def build_body(**options):
    return dcgan.build_discriminator(SHAPE, FILTERS, **options)


ENDS = {
    "projection": lambda: (gankit.GAN, build_body(num_classes=NUM_CLASSES)),
    "acgan": lambda: (gankit.ACGAN, heads.add_classes(build_body(), NUM_CLASSES)),
    "reacgan": lambda: (gankit.ReACGAN, heads.add_embeddings(build_body(), NUM_CLASSES)),
}


def build_gan(name, seed):
    """Returns a compiled GAN of one of ``ENDS``, or a BigGAN."""
    keras.utils.set_random_seed(seed)
    if name == "biggan":
        return build_biggan(seed)
    variant, discriminator = ENDS[name]()
    generator = dcgan.build_generator(SHAPE, 128, FILTERS, num_classes=NUM_CLASSES)
    return recipes.assemble(
        generator, discriminator, variant=variant, learning_rate=LEARNING_RATE, seed=seed
    )


def build_biggan(seed):
    few = {"filters": FILTERS_BIGGAN, "num_classes": NUM_CLASSES}
    generator = biggan.build_generator(SHAPE, embedding_dim=32, regularizer=OffDiagonal(), **few)
    discriminator = biggan.build_discriminator(SHAPE, **few)
    gan = gankit.GAN(generator, discriminator, generator_ema=20_000, seed=seed)
    rates = LEARNING_RATE / 2, LEARNING_RATE
    optimizers = [keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.99) for rate in rates]
    gan.compile(*optimizers, loss="hinge", penalty=None)
    return gan


def judge(gan, dataset, extractor):
    """Returns the class accuracy of generated images, and the mean FID within classes."""
    pairs = [(np.array(images), np.array(labels)) for images, labels in dataset]
    images, labels = (np.concatenate(part) for part in zip(*pairs, strict=True))
    asked = np.repeat(np.arange(NUM_CLASSES), NUM_EACH)
    fake = metrics.extract(gan.generate(condition=asked, seed=0), extractor, verbose=0)
    distances = []
    for c in range(NUM_CLASSES):
        real = metrics.extract(images[labels == c][:NUM_REAL], extractor, verbose=0)
        distances.append(metrics.frechet_distance(real.values, fake.values[asked == c]))
    return float(np.mean(fake.classes == asked)), float(np.mean(distances))


def main(name, path, minutes, mixed, judge_file, seed, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed else "float32")
    gan = build_gan(name, seed)
    stop = callbacks.StopAfter(60 * minutes, clock=time.process_time)
    options = {"labels": "inferred", "cache": True, "flip": "horizontal", "seed": seed}
    dataset = data.from_directory(path, image_size=SHAPE[:2], batch_size=BATCH_SIZE, **options)
    gan.fit(dataset, epochs=10_000, callbacks=[stop], verbose=2)
    gan.save(folder / f"{name}.keras")
    condition = np.tile(np.arange(NUM_CLASSES), 8)
    images = gan.generate(condition=condition, seed=0)
    gankit.save_grid(images, folder / f"{name}.png", columns=NUM_CLASSES)
    if judge_file is not None:
        extractor = keras.models.load_model(judge_file, compile=False)
        right, fid = judge(gan, dataset, extractor)
        row = {"variant": name, "steps": gan.position.steps, "right": right, "fid": fid}
        (folder / f"{name}.json").write_text(json.dumps(row))
        print(row)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare ways to ask for a class.")
    parser.add_argument("--path", type=Path, required=True, help="a folder for each class")
    parser.add_argument("--variant", choices=(*ENDS, "biggan"), default="projection")
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--judge", type=Path, help="a Keras model that tells the classes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("classes"), help="where to write")
    args = parser.parse_args()
    main(args.variant, args.path, args.minutes, args.mixed, args.judge, args.seed, args.folder)
