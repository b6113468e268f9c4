"""Faces from CelebA, with either pair of networks of a talk's slides.

    python examples/celeba_faces.py --path img_align_celeba --networks 96
    python examples/celeba_faces.py --path img_align_celeba --keep=Smiling,-Eyeglasses

``--networks 64`` are keras-dcgan's at another size, ``96`` deeper ones with batch normalization in
both. ``--keep`` takes only some of the faces, by the attributes in ``list_attr_celeba.txt`` (in the
folder or beside it). ``--one_pass`` shows the discriminator real and fake in one concatenated
batch, as the slides do; its batch normalization then has the statistics of both. The slides show no
optimizers: the first pair has keras-dcgan's, the second DCGAN's. Latents are normal. Writes a grid
an epoch, the averages of the losses, and the model. docs/experiments.md tells what came out.
"""

import argparse
from pathlib import Path

import keras

import gankit
from gankit import callbacks, data
from gankit.architectures import resize_convolution, tanh_upsampling

LATENT_DIM = 100
BATCH_SIZE = 64
EPOCHS = 20
SEED = 0


def build_optimizer(size):
    if size == 64:
        return keras.optimizers.SGD(0.0005, momentum=0.9, nesterov=True)  # keras-dcgan's
    return keras.optimizers.Adam(0.0002, beta_1=0.5)  # DCGAN's


def build_gan(size, one_pass):
    keras.utils.set_random_seed(SEED)
    image_shape = (size, size, 3)
    if size == 64:
        generator = tanh_upsampling.build_generator(image_shape, LATENT_DIM, upsampling=(2, 2))
        discriminator = tanh_upsampling.build_discriminator(image_shape)
    else:
        generator = resize_convolution.build_generator(image_shape, LATENT_DIM)
        discriminator = resize_convolution.build_discriminator(image_shape)
    gan = gankit.GAN(generator, discriminator, one_pass=one_pass, generator_ema=None, seed=SEED)
    gan.compile(build_optimizer(size), build_optimizer(size), penalty=None)
    return gan


def main(arguments):
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    dataset = data.from_celeba(
        arguments.path,
        image_size=(arguments.networks, arguments.networks),
        batch_size=arguments.batch_size,
        table=arguments.table,
        keep=arguments.keep.split(",") if arguments.keep else None,
        seed=SEED,
    )
    gan = build_gan(arguments.networks, arguments.one_pass)
    gan.fit(
        dataset,
        epochs=arguments.epochs,
        callbacks=[
            callbacks.SampleGrid(folder / "samples", 36),
            keras.callbacks.CSVLogger(folder / "losses.csv"),
            keras.callbacks.ModelCheckpoint(folder / "faces.keras"),
        ],
        verbose=2,
    )
    print("Wrote", gankit.save_grid(gan.generate(36, seed=0), folder / "faces.png"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A GAN on CelebA's faces.")
    parser.add_argument("--path", required=True, help="the folder of aligned faces")
    parser.add_argument("--networks", type=int, choices=[64, 96], default=64)
    parser.add_argument("--keep", help="attributes, e.g. --keep=Smiling,-Eyeglasses")
    parser.add_argument("--table", help="list_attr_celeba.txt, where it stands elsewhere")
    parser.add_argument("--one_pass", action="store_true", help="one batch of real and fake")
    parser.add_argument("--batch_size", type=int, default=BATCH_SIZE)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--folder", type=Path, default=Path("faces"), help="where to write")
    main(parser.parse_args())
