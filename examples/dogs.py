"""Dogs of 64x64 pixels from a folder of photos, after Kaggle's Generative Dog Images.

    python examples/dogs.py --path photos --minutes 60
    python examples/dogs.py --path photos --recipe write-up

keras-dcgan's networks at another size. The write-up states no optimizer: with ``--recipe write-up``
it is keras-dcgan's here, SGD with momentum, with fresh latents for the generator and one
concatenated batch for the discriminator. The default trains the same networks by
``gankit.recipes.assemble``, on the photos and their mirror images. Writes a grid an epoch, the
averages of the losses, and the model. docs/experiments.md tells what came out.
"""

import argparse
import math
from pathlib import Path

import keras

import gankit
from gankit import callbacks, data, recipes
from gankit.architectures import tanh_upsampling

IMAGE_SHAPE = (64, 64, 3)
LATENT_DIM = 1000
UPSAMPLING = (4, 2)
SEED = 0

BATCH_SIZE = 64
EPOCHS = 65
LEARNING_RATE = 1e-4  # of gankit's recipe: with its default, 5e-4, the losses swing at first


def build_gan(recipe, num_images):
    keras.utils.set_random_seed(SEED)
    generator = tanh_upsampling.build_generator(IMAGE_SHAPE, LATENT_DIM, upsampling=UPSAMPLING)
    discriminator = tanh_upsampling.build_discriminator(IMAGE_SHAPE)
    if recipe == "gankit":
        return recipes.assemble(
            generator,
            discriminator,
            num_images=num_images,
            learning_rate=LEARNING_RATE,
            seed=SEED,
        )
    return compile_like_the_write_up(generator, discriminator)


def compile_like_the_write_up(generator, discriminator):
    gan = gankit.OnePassGAN(  # real and fake in one concatenated batch
        generator,
        discriminator,
        latent_prior="uniform",
        share_fakes=False,
        generator_ema=None,
        seed=SEED,
    )
    optimizers = (keras.optimizers.SGD(0.0005, momentum=0.9, nesterov=True) for _ in range(2))
    gan.compile(*optimizers, penalty=None)
    return gan


def main(arguments):
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.mixed:
        keras.config.set_dtype_policy("mixed_bfloat16")
    dataset = data.from_directory(
        arguments.path,
        image_size=IMAGE_SHAPE[:2],
        batch_size=arguments.batch_size,
        flip="horizontal" if arguments.recipe == "gankit" else None,
        cache=True,
        seed=SEED,
    )
    gan = build_gan(arguments.recipe, num_images=len(dataset.file_paths))
    gan.fit(
        dataset,
        epochs=arguments.epochs,
        callbacks=[
            callbacks.SampleGrid(folder / "samples"),
            keras.callbacks.CSVLogger(folder / "losses.csv"),
            keras.callbacks.ModelCheckpoint(folder / "dogs.keras"),
            callbacks.StopAfter(60 * arguments.minutes),
        ],
        verbose=2,
    )
    print("Wrote", gankit.save_grid(gan.generate(64, seed=0), folder / "dogs.png"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A GAN on photos of dogs.")
    parser.add_argument("--path", required=True, help="a folder of photos")
    parser.add_argument("--recipe", choices=["gankit", "write-up"], default="gankit")
    parser.add_argument("--batch_size", type=int, default=BATCH_SIZE)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop earlier, after these")
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--folder", type=Path, default=Path("dogs"), help="where to write")
    main(parser.parse_args())
