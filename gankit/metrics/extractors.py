"""Networks that turn images into features, for the metrics.

An extractor is any Keras model from images in [-1, 1] to features, ``(batch, ...)``. Where it has a
second output, that is the probability of each class, ``(batch, classes)``.
"""

from pathlib import Path

import keras

from gankit.checks import check_choice
from gankit.metrics.inception_2015 import inception_2015

__all__ = ["digits", "find", "inception", "inception_2015", "stacked_digits"]

DIGIT_CLASSIFIER = Path(__file__).with_name("digit_classifier.keras")


def inception(weights: str | None = "imagenet") -> keras.Model:
    """Returns Keras's InceptionV3: 2,048 features, 1,000 classes, for colour images of 299x299.

    Published FIDs were measured by TensorFlow's graph of 2015, whose weights are others: compare
    the values of this network with each other only, and take ``inception_2015`` to compare with
    published ones.

    Args:
        weights: ``"imagenet"``, which Keras fetches at the first use (96 MB), a file's path, or
            None for random ones.

    Raises:
        OSError: the weights can't be downloaded.

    Examples:
        >>> extractor = metrics.extractors.inception(weights=None)
        >>> [tuple(output.shape) for output in extractor.outputs]
        [(None, 2048), (None, 1000)]

    See Also:
        ``inception_2015``, whose FIDs compare with published ones.

    References:
        Szegedy et al. 2015, "Rethinking the Inception Architecture for Computer Vision",
        arXiv:1512.00567.
    """
    try:
        network = keras.applications.InceptionV3(weights=weights)
    except Exception as error:  # Keras raises a plain one where a download fails
        if "URL fetch failure" not in str(error):
            raise
        raise OSError(
            f"InceptionV3's weights can't be downloaded: {error}. Give another extractor, or "
            "weights=... as a file; in a shell, --extractor or --weights."
        ) from error
    features = network.get_layer("avg_pool").output
    return keras.Model(network.input, [features, network.output], name="inception")


def find(name: str) -> keras.Model:
    """Returns ``inception()``, ``digits()``, or the Keras model in a file.

    Args:
        name: ``"inception"``, ``"digits"``, or the path of a ``.keras`` file.

    Raises:
        ValueError: neither of these names, nor a ``.keras`` file.
        OSError: inception's weights can't be downloaded.

    Examples:
        >>> metrics.extractors.find("digits").input_shape
        (None, 28, 28, 1)
    """
    if name.endswith(".keras"):
        return keras.models.load_model(name, compile=False)
    check_choice("extractor, unless it is a .keras file,", name, ("digits", "inception"))
    return digits() if name == "digits" else inception()


def digits() -> keras.Model:
    """Returns a classifier of digits: 576 features, 10 classes, for grey images of 28x28.

    It is inside the package, trained on MNIST by ``examples/digit_classifier.py``, so that
    evaluation works offline.

    Examples:
        >>> classifier = metrics.extractors.digits()
        >>> [tuple(output.shape) for output in classifier.outputs]
        [(None, 576), (None, 10)]
    """
    network = keras.models.load_model(DIGIT_CLASSIFIER, compile=False)
    logits = network.layers[-1]
    probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(logits.output)
    return keras.Model(network.input, [logits.input, probabilities], name="digits")


def stacked_digits() -> keras.Model:
    """Returns a classifier of three digits, one a channel: 1,728 features, 1,000 classes.

    For stacked MNIST, colour images of 28x28 whose class is ``100 * red + 10 * green + blue``, by
    which lost modes are counted (Metz et al. 2016, "Unrolled Generative Adversarial Networks",
    arXiv:1611.02163).

    Examples:
        >>> [tuple(output.shape) for output in metrics.extractors.stacked_digits().outputs]
        [(None, 1728), (None, 1000)]
    """
    classifier = digits()
    images = keras.Input((28, 28, 3), name="images")
    channels = keras.ops.split(images, 3, axis=-1)
    features, probabilities = zip(*(classifier(channel) for channel in channels), strict=True)
    together = keras.ops.einsum("bi,bj,bk->bijk", *probabilities)
    return keras.Model(
        images,
        [keras.ops.concatenate(features, axis=-1), keras.layers.Flatten()(together)],
        name="stacked_digits",
    )
