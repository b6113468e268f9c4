"""A data set as users of TensorFlow Datasets write their own: one class in a package."""

import numpy as np
import tensorflow_datasets as tfds


class TinyShapes(tfds.core.GeneratorBasedBuilder):
    """Twelve images; the pixels tell the number, the classes are three."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(8, 8, 1)),
                    "photo": tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg"),
                    "label": tfds.features.ClassLabel(names=["disc", "ring", "star"]),
                }
            ),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(12), "test": self._generate_examples(4)}

    def _generate_examples(self, number=0):
        for index in range(number):
            image = np.full((8, 8, 1), 10 * index, "uint8")
            image[:, 4:] = 255  # so that it doesn't look like its mirror image
            yield (
                index,
                {
                    "image": image,
                    "photo": np.full((10 + index, 20, 3), 10 * index, "uint8"),
                    "label": index % 3,
                },
            )
