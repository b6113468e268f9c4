"""Few images: what keeps a discriminator from learning 500 of them by heart?

    python examples/few_images.py --path cifar10 --method lecam --minutes 5

Trains the same GAN on the same images with each of ``METHODS``, for the same minutes of the
processor, so other work on the machine changes nothing. Every fifth of them, generated images are
compared with 5,000 that nobody trained on: the KID, in the features of ``--extractor``. Writes a
grid of samples and a row of ``few_images.csv`` for each look. docs/regularizers.md says what each
method does.
"""

import argparse
import csv
import time
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import augment, data, metrics, regularizers
from gankit.architectures import dcgan

BATCH_SIZE = 64
SIZE = 32
FILTERS = 32
LOOKS = 5

# A run of minutes sees fewer images than it takes by default to move a probability from 0 to 1.
FAST = {"images_to_one": 50_000}

METHODS = {
    "nothing": lambda: {},
    "diffaugment": lambda: {"augment": augment.DiffAugment()},
    "ada": lambda: {"augment": augment.ADA(**FAST)},
    "diffusion": lambda: {"augment": augment.Diffusion(**FAST)},
    "apa": lambda: {"regularizers": [regularizers.APA(**FAST)]},
    "lecam": lambda: {"regularizers": [regularizers.LeCam()]},
    "bcr": lambda: {"regularizers": [regularizers.Consistency()]},
}


def build_gan(regularizers=(), **options):
    shape = (SIZE, SIZE, 3)
    gan = gankit.GAN(
        dcgan.build_generator(shape, filters=FILTERS),
        dcgan.build_discriminator(shape, filters=FILTERS, dropout=0.0),
        generator_ema=20_000,
        seed=0,
        **options,
    )
    gan.compile(regularizers=regularizers)
    return gan


class Judge(keras.callbacks.Callback):
    """Judges a few times in some seconds of the processor, and stops then.

    Counts from the first step on, which is slow, and leaves out its own time.
    """

    def __init__(self, name, seconds, held_out, extractor, folder):
        super().__init__()
        self.name, self.seconds, self.folder = name, seconds, folder
        self.held_out, self.extractor = held_out, extractor
        self.looks = self.steps = 0

    def on_train_batch_end(self, batch, logs=None):
        now = time.process_time()
        if not self.steps:
            self.start = now
        self.steps += 1
        if now - self.start >= self.seconds * (self.looks + 1) / LOOKS:
            self.look(now - self.start)
            self.start += time.process_time() - now
            self.model.stop_training = self.looks == LOOKS

    def look(self, taken):
        self.looks += 1
        images = self.model.generate(len(self.held_out.values), seed=0)
        fake = metrics.extract(images, self.extractor, verbose=0)
        adaptive = [self.model.augment, *self.model.regularizers]
        probability = max(float(getattr(one, "probability", 0.0)) for one in adaptive)
        row = {
            "method": self.name,
            "seconds": round(taken),
            "steps": self.steps,
            "milliseconds": round(1000 * taken / max(1, self.steps - 1), 1),
            "kid": round(1000 * metrics.kernel_distance(self.held_out, fake).mean, 2),
            "probability": round(probability, 3),
        }
        print(row, flush=True)
        path = self.folder / "few_images.csv"
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if new:
                writer.writeheader()
            writer.writerow(row)
        gankit.save_grid(images[:64], self.folder / f"{self.name}.png")


def main(arguments):
    arguments.folder.mkdir(parents=True, exist_ok=True)
    keras.config.set_dtype_policy("mixed_bfloat16" if arguments.mixed else "float32")
    keras.utils.set_random_seed(0)
    batches = data.from_directory(
        arguments.path, image_size=(SIZE, SIZE), batch_size=arguments.num, shuffle=True, seed=0
    )
    few, *others = batches.take(1 + arguments.held_out // arguments.num)
    extractor = metrics.extractors.find(arguments.extractor)
    held_out = metrics.extract(np.concatenate(others), extractor, verbose=0)
    gan = build_gan(**METHODS[arguments.method]())
    dataset = data.from_arrays(np.asarray(few), batch_size=BATCH_SIZE, flip="horizontal", seed=0)
    judge = Judge(arguments.method, 60 * arguments.minutes, held_out, extractor, arguments.folder)
    gan.fit(dataset, epochs=100_000, callbacks=[judge], verbose=0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train on few images.")
    parser.add_argument("--path", type=Path, required=True, help="a folder of images")
    parser.add_argument("--method", choices=METHODS, default="nothing")
    parser.add_argument("--num", type=int, default=500, help="how many images to train on")
    parser.add_argument("--held_out", type=int, default=5000, help="how many others to judge by")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--mixed", action="store_true", help="compute in bfloat16")
    parser.add_argument("--extractor", default="inception", help="see gankit evaluate")
    parser.add_argument("--folder", type=Path, default=Path("few_images"), help="where to write")
    main(parser.parse_args())
