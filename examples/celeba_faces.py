"""Faces from CelebA, with either pair of networks of a talk's slides.

    python examples/celeba_faces.py --path img_align_celeba --networks 96 --minutes 60
    python examples/celeba_faces.py --path img_align_celeba --keep=Smiling,-Eyeglasses
    python examples/celeba_faces.py --path img_align_celeba --recipe write-up --one_pass

``--networks 64`` are keras-dcgan's at another size, ``96`` deeper ones with batch normalization in
both. The slides show no optimizers: with ``--recipe write-up`` the first pair has keras-dcgan's,
the second DCGAN's, and ``--one_pass`` shows the discriminator real and fake in one concatenated
batch, as the slides do; its batch normalization then has the statistics of both. The default trains
the same networks by ``gankit.recipes.assemble``, on the faces and their mirror images. ``--keep``
takes only some of the faces, by the attributes in ``list_attr_celeba.txt`` (in the folder or beside
it). Latents are normal. Writes a grid an epoch, the averages of the losses, and the model.
docs/experiments.md tells what came out.
"""

import argparse
import math
from pathlib import Path

import keras

import gankit
from gankit import callbacks, data, recipes
from gankit.architectures import resize_convolution, tanh_upsampling

LATENT_DIM = 100
BATCH_SIZE = 64
EPOCHS = 20
LEARNING_RATES = {64: 1e-4, 96: 2e-4}  # of gankit's recipe: with its default the losses swing
SEED = 0


def build_gan(recipe, size, num_images, one_pass=False):
    keras.utils.set_random_seed(SEED)
    networks = build_networks(size)
    if recipe == "gankit":
        return recipes.assemble(
            *networks, num_images=num_images, learning_rate=LEARNING_RATES[size], seed=SEED
        )
    return compile_like_the_write_up(*networks, size, one_pass)


def build_networks(size):
    shape = (size, size, 3)
    if size == 64:
        generator = tanh_upsampling.build_generator(shape, LATENT_DIM, upsampling=(2, 2))
        return generator, tanh_upsampling.build_discriminator(shape)
    generator = resize_convolution.build_generator(shape, LATENT_DIM)
    return generator, resize_convolution.build_discriminator(shape)


def compile_like_the_write_up(generator, discriminator, size, one_pass):
    variant = gankit.OnePassGAN if one_pass else gankit.GAN
    gan = variant(generator, discriminator, generator_ema=None, seed=SEED)
    gan.compile(build_optimizer(size), build_optimizer(size), penalty=None)
    return gan


def build_optimizer(size):
    if size == 64:
        return keras.optimizers.SGD(0.0005, momentum=0.9, nesterov=True)  # keras-dcgan's
    return keras.optimizers.Adam(0.0002, beta_1=0.5)  # DCGAN's


def main(arguments):
    folder, size = arguments.folder, arguments.networks
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.mixed:
        keras.config.set_dtype_policy("mixed_bfloat16")
    dataset = data.from_celeba(
        arguments.path,
        image_size=(size, size),
        batch_size=arguments.batch_size,
        table=arguments.table,
        keep=arguments.keep.split(",") if arguments.keep else None,
        flip="horizontal" if arguments.recipe == "gankit" else None,
        seed=SEED,
    )
    gan = build_gan(arguments.recipe, size, len(dataset.file_paths), arguments.one_pass)
    gan.fit(
        dataset,
        epochs=arguments.epochs,
        callbacks=[
            callbacks.SampleGrid(folder / "samples", 36),
            keras.callbacks.CSVLogger(folder / "losses.csv"),
            keras.callbacks.ModelCheckpoint(folder / "faces.keras"),
            callbacks.StopAfter(60 * arguments.minutes),
        ],
        verbose=2,
    )
    print("Wrote", gankit.save_grid(gan.generate(36, seed=0), folder / "faces.png"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A GAN on CelebA's faces.")
    parser.add_argument("--path", required=True, help="the folder of aligned faces")
    parser.add_argument("--recipe", choices=["gankit", "write-up"], default="gankit")
    parser.add_argument("--networks", type=int, choices=[64, 96], default=64)
    parser.add_argument("--keep", help="attributes, e.g. --keep=Smiling,-Eyeglasses")
    parser.add_argument("--table", help="list_attr_celeba.txt, where it stands elsewhere")
    parser.add_argument("--one_pass", action="store_true", help="of the write-up")
    parser.add_argument("--batch_size", type=int, default=BATCH_SIZE)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop earlier, after these")
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--folder", type=Path, default=Path("faces"), help="where to write")
    arguments = parser.parse_args()
    if arguments.one_pass and arguments.recipe != "write-up":
        parser.error("--one_pass is the write-up's: add --recipe write-up, or leave it out")
    main(arguments)
