"""What several tests share: the smallest GAN there is, and real processes."""

import math
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import gankit
from gankit import architectures, data
from gankit.kernel_regularizers import OffDiagonal

IMAGE_SHAPE = (8, 8, 1)
LATENT_DIM = 4
NUM_CLASSES = 3


def make_images(number=32, image_shape=IMAGE_SHAPE, seed=0):
    """Returns random float images in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1, 1, (number, *image_shape)).astype("float32")


def make_dataset(number=32, batch_size=8, seed=0, **options):
    return data.from_arrays(make_images(number), batch_size=batch_size, seed=seed, **options)


def make_networks():
    """Returns a DCGAN in small: with batch normalization, and with dropout."""
    generator = architectures.dcgan.build_generator(IMAGE_SHAPE, LATENT_DIM, filters=4)
    discriminator = architectures.dcgan.build_discriminator(IMAGE_SHAPE, filters=4)
    return generator, discriminator


def make_plain_networks():
    """Returns dense networks without batch normalization or dropout."""
    generator = architectures.mlp.build_generator(IMAGE_SHAPE, LATENT_DIM, hidden_units=(8,))
    discriminator = architectures.mlp.build_discriminator(
        IMAGE_SHAPE, hidden_units=(4,), pieces=2, dropout=0
    )
    return generator, discriminator


def make_conditional_networks(num_classes=NUM_CLASSES):
    """Returns networks that take a class in both places."""
    latents = keras.Input((LATENT_DIM,), name="latents")
    condition = keras.Input((), dtype="int32", name="condition")
    label = keras.layers.Embedding(num_classes, LATENT_DIM)(condition)
    x = keras.layers.Dense(64, "tanh")(keras.layers.multiply([latents, label]))
    generator = keras.Model([latents, condition], keras.layers.Reshape(IMAGE_SHAPE)(x))

    images = keras.Input(IMAGE_SHAPE, name="images")
    condition = keras.Input((), dtype="int32", name="condition")
    x = keras.layers.Dense(8, "relu")(keras.layers.Flatten()(images))
    label = keras.layers.Embedding(num_classes, 8)(condition)
    scores = keras.layers.Dense(1)(keras.layers.concatenate([x, label]))
    return generator, keras.Model([images, condition], scores)


def make_networks_of_classes(num_classes=NUM_CLASSES):
    """Returns an ACGAN in small."""
    generator = architectures.acgan.build_generator(IMAGE_SHAPE, num_classes, LATENT_DIM, filters=4)
    return generator, architectures.acgan.build_discriminator(IMAGE_SHAPE, num_classes, filters=4)


def make_networks_of_codes():
    """Returns an InfoGAN in small: three categories and one continuous code."""
    codes = {"num_categories": NUM_CLASSES, "num_codes": 1, "filters": 4, "hidden_units": 16}
    generator = architectures.infogan.build_generator(IMAGE_SHAPE, LATENT_DIM, **codes)
    return generator, architectures.infogan.build_discriminator(IMAGE_SHAPE, **codes)


def make_autoencoders():
    """Returns a generator, and a discriminator that repeats images."""
    generator = architectures.dcgan.build_generator(IMAGE_SHAPE, LATENT_DIM, filters=4)
    return generator, architectures.autoencoder.build_discriminator(
        IMAGE_SHAPE, filters=4, encoding_dim=5
    )


def make_dcgan_of_classes():
    """Returns a conditional DCGAN in small."""
    classes = {"filters": 4, "num_classes": NUM_CLASSES}
    generator = architectures.dcgan.build_generator(IMAGE_SHAPE, LATENT_DIM, **classes)
    return generator, architectures.dcgan.build_discriminator(IMAGE_SHAPE, **classes)


def make_residual_networks():
    """Returns residual networks with spectral normalization that are told a class."""
    classes = {"filters": 4, "num_classes": NUM_CLASSES}
    generator = architectures.sngan.build_generator(IMAGE_SHAPE, LATENT_DIM, **classes)
    return generator, architectures.sngan.build_discriminator(IMAGE_SHAPE, **classes)


def make_features():
    """Returns a network with batch normalization and dropout, from images to maps of two sizes."""
    images = x = keras.Input(IMAGE_SHAPE)
    maps = []
    for _ in range(2):
        x = keras.layers.Conv2D(3, 3, strides=2, padding="same")(x)
        x = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(x))
        maps.append(x)
    return keras.Model(images, maps)


def make_projected_networks():
    """Returns a generator, and a discriminator of another network's features."""
    generator = architectures.dcgan.build_generator(IMAGE_SHAPE, LATENT_DIM, filters=4)
    return generator, architectures.projected.build_discriminator(make_features(), 4, 4)


def make_networks_of_few_labels():
    """Returns an SGAN in small."""
    generator = architectures.sgan.build_generator(IMAGE_SHAPE, LATENT_DIM, hidden_units=(8,))
    return generator, architectures.sgan.build_discriminator(IMAGE_SHAPE, NUM_CLASSES, (16, 8))


def make_networks_of_rotations():
    """Returns an SSGAN in small: a DCGAN whose discriminator tells four turns, too."""
    generator, discriminator = make_networks()
    return generator, architectures.heads.add_classes(discriminator, 4)


def make_networks_of_embeddings():
    """Returns a ReACGAN in small: images and classes are placed on a sphere."""
    classes = {"filters": 4, "num_classes": NUM_CLASSES}
    generator = architectures.dcgan.build_generator(IMAGE_SHAPE, LATENT_DIM, **classes)
    body = architectures.dcgan.build_discriminator(IMAGE_SHAPE, filters=4)
    return generator, architectures.heads.add_embeddings(body, NUM_CLASSES, 5)


def make_attentive_networks():
    """Returns a BigGAN in small: with attention, chunks of latents, and a regularizer."""
    classes = {"filters": 2, "num_classes": NUM_CLASSES}
    generator = architectures.biggan.build_generator(
        IMAGE_SHAPE, LATENT_DIM, embedding_dim=3, regularizer=OffDiagonal(1e-3), **classes
    )
    return generator, architectures.biggan.build_discriminator(IMAGE_SHAPE, **classes)


def make_enlarging_networks():
    """Returns an SRGAN in small, from 4x4 to 8x8."""
    srgan = architectures.srgan
    generator = srgan.build_generator(2, IMAGE_SHAPE[-1], filters=4, blocks=1)
    discriminator = srgan.build_discriminator(IMAGE_SHAPE, filters=4, hidden_units=8, halvings=2)
    return generator, discriminator


def make_translating_networks():
    """Returns a U-Net and a discriminator of patches, in small."""
    pix2pix = architectures.pix2pix
    generator = pix2pix.build_generator(IMAGE_SHAPE, input_channels=1, filters=4)
    return generator, pix2pix.build_discriminator(IMAGE_SHAPE, 1, filters=4, halvings=1)


def make_cycle_networks():
    """Returns both generators and discriminators of a CycleGAN, in small."""
    cyclegan, networks = architectures.cyclegan, []
    for name in ("", "inverse_"):
        networks += [
            cyclegan.build_generator(IMAGE_SHAPE, 1, 2, blocks=0, name=f"{name}generator"),
            cyclegan.build_discriminator(IMAGE_SHAPE, 4, halvings=1, name=f"{name}discriminator"),
        ]
    return networks


def make_networks_of_domains(num_domains=NUM_CLASSES):
    """Returns a StarGAN in small."""
    stargan = architectures.stargan
    generator = stargan.build_generator(IMAGE_SHAPE, num_domains, filters=2, blocks=0)
    return generator, stargan.build_discriminator(IMAGE_SHAPE, num_domains, 4, halvings=2)


def make_volumetric_networks():
    """Returns a 3D-GAN in small."""
    volumes = architectures.gan_3d
    generator = volumes.build_generator((8, 8, 8, 1), LATENT_DIM, filters=2)
    return generator, volumes.build_discriminator((8, 8, 8, 1), filters=2)


def make_networks_of_frames():
    """Returns networks that see three frames at two scales, in small."""
    generator = architectures.next_frame.build_generator(IMAGE_SHAPE, 3, scales=2, filters=2)
    return generator, architectures.next_frame.build_discriminator(IMAGE_SHAPE, 3, 2, filters=2)


def make_bigan_networks():
    """Returns a generator, a discriminator of pairs and an encoder, in small."""
    dcgan = architectures.dcgan
    return (
        dcgan.build_generator(IMAGE_SHAPE, LATENT_DIM, filters=4),
        architectures.bigan.build_discriminator(IMAGE_SHAPE, LATENT_DIM, 4, 8, dropout=0.1),
        dcgan.build_encoder(IMAGE_SHAPE, LATENT_DIM, filters=4),
    )


def make_vae_gan_networks():
    """Returns a VAE-GAN in small."""
    vae_gan = architectures.vae_gan
    return (
        vae_gan.build_generator(IMAGE_SHAPE, LATENT_DIM, filters=2),
        vae_gan.build_discriminator(IMAGE_SHAPE, filters=2),
        vae_gan.build_encoder(IMAGE_SHAPE, LATENT_DIM, filters=2),
    )


def make_aae_networks():
    """Returns an adversarial autoencoder in small, whose codes are drawn."""
    mlp = architectures.mlp
    return (
        mlp.build_generator(IMAGE_SHAPE, LATENT_DIM, hidden_units=(8,)),
        mlp.build_latent_discriminator(LATENT_DIM, hidden_units=(8,)),
        mlp.build_encoder(IMAGE_SHAPE, LATENT_DIM, hidden_units=(8,), stochastic=True),
    )


def make_networks_of_signals():
    """Returns a WaveGAN in small, of 70 samples and two channels."""
    shape, wavegan = (70, 2), architectures.wavegan
    generator = wavegan.build_generator(shape, LATENT_DIM, filters=2)
    return generator, wavegan.build_discriminator(shape, filters=2)


def make_transformer():
    """Returns the transformer of a table with an amount of two modes, and three colors."""
    return data.TableTransformer(
        [
            data.ContinuousColumn("amount", [0.0, 10.0], [1.0, 2.0], [0.5, 0.5]),
            data.DiscreteColumn("color", ["blue", "green", "red"], [1, 3, 7]),
        ]
    )


def make_networks_of_a_table(pac=2):
    """Returns a CTGAN in small, of that table's rows."""
    ctgan, made = architectures.ctgan, make_transformer()
    generator = ctgan.build_generator(made.parts, made.condition_dim, LATENT_DIM, (8,))
    return generator, ctgan.build_discriminator(made.row_dim, made.condition_dim, pac, (8,))


def make_networks_and_decoders():
    """Returns a FastGAN in small: two networks, and what draws images from maps."""
    fastgan = architectures.fastgan
    generator = fastgan.build_generator(IMAGE_SHAPE, LATENT_DIM, filters=1)
    discriminator = fastgan.build_discriminator(IMAGE_SHAPE, filters=1)
    return generator, discriminator, *fastgan.build_decoders(IMAGE_SHAPE, filters=1)


def make_grown_networks():
    """Returns networks of 8x8 images that have grown to 16x16, where new layers begin to fade in.

    They begin in the middle, so that all that there is has a gradient.
    """
    progressive = architectures.progressive
    networks = progressive.grow(
        progressive.build_generator(IMAGE_SHAPE, LATENT_DIM, filters=2),
        progressive.build_discriminator(IMAGE_SHAPE, filters=2),
    )
    for network in networks:
        network.get_layer("fade_in_2").alpha.assign(0.5)
    return networks


@keras.saving.register_keras_serializable(package="tests")
class Perceptron(keras.Model):
    """A model of a user's own class: what it computes is in ``call``, not in a graph of layers."""

    def __init__(self, units, output_shape, activation=None):
        super().__init__()
        self.config = {"units": units, "output_shape": output_shape, "activation": activation}
        self.flatten = keras.layers.Flatten()
        self.hidden = keras.layers.Dense(units, "relu")
        self.last = keras.layers.Dense(math.prod(output_shape), activation)
        self.reshape = keras.layers.Reshape(output_shape)

    def call(self, inputs):
        return self.reshape(self.last(self.hidden(self.flatten(inputs))))

    def get_config(self):
        return self.config


def make_networks_of_own_classes():
    """Returns subclassed models, each wrapped as a functional one."""
    latents, images = keras.Input((LATENT_DIM,)), keras.Input(IMAGE_SHAPE)
    generator = keras.Model(latents, Perceptron(8, IMAGE_SHAPE, "tanh")(latents))
    return generator, keras.Model(images, Perceptron(8, (1,))(images))


def make_networks_of_styles():
    """Returns a StyleGAN2 in small, for classes."""
    small = {"filters": 2, "widest": 4, "mapping_layers": 1, "num_classes": NUM_CLASSES}
    stylegan2 = architectures.stylegan2
    generator = stylegan2.build_generator(IMAGE_SHAPE, LATENT_DIM, style_dim=3, **small)
    return generator, stylegan2.build_discriminator(IMAGE_SHAPE, **small)


def make_gan(networks=make_networks, compile_options=None, variant=gankit.GAN, **options):
    """Returns a plain GAN: what a default would add is there only where a test asks for it."""
    gan = variant(*networks(), **{"seed": 0, "generator_ema": None} | options)
    gan.compile(**{"penalty": None} | (compile_options or {}))
    return gan


def all_variables(gan):
    """Returns by name what training depends on: weights, slots, counters, random state.

    Not what is left of networks that were replaced, which Keras goes on to list.
    """
    networks = [network for side in gan.sides().values() for network in side]
    networks = [*networks, *map(gan.averaged, networks)]
    theirs = [variable for network in networks for variable in network.variables]
    others = gan.retired | {id(variable) for variable in theirs}
    theirs += [variable for variable in gan.variables if id(variable) not in others]
    variables = {f"gan/{i}": variable for i, variable in enumerate(theirs)}
    for number, optimizer in enumerate(gan.optimizer.optimizers):
        variables |= {f"optimizer_{number}/{i}": v for i, v in enumerate(optimizer.variables)}
    return variables


def all_state(gan):
    """Returns the value of each of ``all_variables``."""
    return {name: np.array(variable) for name, variable in all_variables(gan).items()}


def sampling_stream(gan):
    """Returns that state, by name, which ``generate`` without a seed and ``evaluate`` may move.

    It is apart from training's random numbers, so that looking at a GAN does not change its course.
    """
    state = gan.sampling_seed.state
    return {name: np.array(v) for name, v in all_variables(gan).items() if v is state}


def put_back(gan, state):
    """Gives a GAN the values that ``all_state`` returned earlier."""
    for name, variable in all_variables(gan).items():
        variable.assign(state[name])


def assert_same_state(one, other):
    assert_same_values(all_state(one), all_state(other))


def assert_same_values(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def values(network):
    return [np.array(weight) for weight in network.trainable_variables]


def fingerprint(network):
    """Returns a number that any change of a weight would change."""
    flat = np.concatenate([np.ravel(weight) for weight in network.get_weights()])
    return float(np.dot(flat, np.cos(np.arange(len(flat)))))


class Stopped(Exception):  # noqa: N818 (not an error of a user's)
    """What ``StopAfter`` raises."""


class LogEach(keras.callbacks.Callback):
    """Logs given values, one an epoch, as ``Evaluate`` logs what it has measured."""

    order = -1

    def __init__(self, **values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs.update({name: values[epoch] for name, values in self.values.items()})


class StopAfter(keras.callbacks.Callback):
    """Ends a run as a crash would, after some training steps in this process."""

    order = 2  # after checkpoints

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_begin(self, logs=None):
        self.end = self.model.optimizer.iterations.numpy() + self.steps

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations >= self.end:
            raise Stopped


def run_python(code, folder, *arguments, timeout=180):
    """Runs code in another process and returns what it printed."""
    return run_process(["-c", code, *arguments], folder, timeout)


def run_process(arguments, folder, timeout=180, **environment):
    """Runs Python in another process, with this gankit, and returns what it printed."""
    finished = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env=environment_of_processes() | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert finished.returncode == 0, finished.stderr[-4000:]
    return finished.stdout


def environment_of_processes():
    """Returns this process's environment, in which others find the same gankit and ``helpers``."""
    paths = [Path(__file__).parent, Path(gankit.__file__).parents[1]]
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = os.pathsep.join(filter(None, [*map(str, paths), *inherited]))
    return os.environ | {"PYTHONPATH": path}


def free_ports(number):
    """Returns ports of this machine that nothing listens to."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def write_idx(path, array):
    """Writes a uint8 array as MNIST's files hold it: zeros, type, rank, sizes, values."""
    header = struct.pack(f">4B{array.ndim}i", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.tobytes())


def shared_data(name):
    """Returns a path below the folder that GANKIT_DATA names, or skips the test."""
    folder = os.environ.get("GANKIT_DATA")
    if not folder or not (Path(folder) / name).exists():
        pytest.skip(f"needs {name} in the folder that GANKIT_DATA names")
    return Path(folder) / name
