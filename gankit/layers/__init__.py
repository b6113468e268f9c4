"""Layers and a weight constraint that Keras does not have."""

from gankit.layers.clip import Clip
from gankit.layers.constant_input import ConstantInput
from gankit.layers.equalized import EqualizedConv2D, EqualizedDense, ScaledLeakyReLU
from gankit.layers.fade_in import FadeIn
from gankit.layers.frozen import Frozen
from gankit.layers.gumbel_softmax import GumbelSoftmax
from gankit.layers.image_pool import ImagePool
from gankit.layers.minibatch_standard_deviation import MinibatchStandardDeviation
from gankit.layers.modulated_conv import ModulatedConv2D
from gankit.layers.noise_injection import NoiseInjection
from gankit.layers.phase_shuffle import PhaseShuffle
from gankit.layers.resampling import FIRUpsampling2D
from gankit.layers.self_attention import SelfAttention
from gankit.layers.spectral_normalization import SpectralNormalization
from gankit.layers.synchronize import synchronize
from gankit.layers.upsample_conv import UpsampleConv2D

__all__ = [
    "Clip",
    "ConstantInput",
    "EqualizedConv2D",
    "EqualizedDense",
    "FIRUpsampling2D",
    "FadeIn",
    "Frozen",
    "GumbelSoftmax",
    "ImagePool",
    "MinibatchStandardDeviation",
    "ModulatedConv2D",
    "NoiseInjection",
    "PhaseShuffle",
    "ScaledLeakyReLU",
    "SelfAttention",
    "SpectralNormalization",
    "UpsampleConv2D",
    "synchronize",
]
