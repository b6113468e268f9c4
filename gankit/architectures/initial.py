"""Initial weights that several papers share."""

import keras


def small_normal() -> dict[str, keras.initializers.Initializer]:
    """Returns DCGAN's, for a layer's keyword arguments: normal, of standard deviation 0.02.

    A fresh initializer for each layer, so that no two layers begin with the same numbers (Radford
    et al. 2015, arXiv:1511.06434, section 4).
    """
    return {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.02)}
