"""A small classifier of MNIST's digits, to judge generated ones by.

    python examples/digit_classifier.py --mnist FOLDER --file digit_classifier.keras

Plain Keras. Trains on MNIST's 60,000 training digits (downloaded, or ``--mnist FOLDER`` with its
four files), tells its accuracy on the 10,000 test digits, and saves the network, which takes digits
in [-1, 1] and ends in logits.
"""

import argparse

import keras
from keras import layers

from gankit import data

BATCH_SIZE = 128
LEARNING_RATE = 3e-3
SEED = 0


def build_classifier():
    inputs = x = keras.Input((28, 28, 1), name="images")
    for filters in (16, 32, 64):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling2D()(x)
    x = layers.Dropout(0.4)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10)(x), name="digit_classifier")


def load_digits(folder, split):
    images, labels = data.load_mnist(folder, split)
    return images.astype("float32") / 127.5 - 1, labels


def main(folder, epochs, file):
    keras.utils.set_random_seed(SEED)
    images, labels = load_digits(folder, "train")
    steps = epochs * len(images) // BATCH_SIZE
    classifier = build_classifier()
    classifier.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    classifier.fit(images, labels, BATCH_SIZE, epochs, verbose=2)
    _, accuracy = classifier.evaluate(*load_digits(folder, "test"), verbose=0)
    print(f"{classifier.count_params()} parameters, accuracy on the test set {accuracy:.4f}")
    # A model that was never compiled has no optimizer, whose slots would triple the file.
    keras.Model(classifier.input, classifier.output, name=classifier.name).save(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a classifier of digits.")
    parser.add_argument("--mnist", help="a folder with MNIST's four files; default: download them")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--file", default="digit_classifier.keras", help="where to write")
    arguments = parser.parse_args()
    main(arguments.mnist, arguments.epochs, arguments.file)
