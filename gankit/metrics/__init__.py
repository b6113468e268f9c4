"""Metrics of generated images, in the features or classes that a network finds in them."""

from gankit.metrics import extractors
from gankit.metrics.by_name import measure
from gankit.metrics.classes import (
    Matching,
    ModeCoverage,
    class_accuracy,
    match_codes,
    mode_coverage,
)
from gankit.metrics.data_copying import data_copying
from gankit.metrics.density_coverage import DensityCoverage, density_coverage
from gankit.metrics.features import Features, extract
from gankit.metrics.fid import frechet_distance, frechet_distance_infinity
from gankit.metrics.inception_score import InceptionScore, inception_score
from gankit.metrics.instance_selection import select_instances
from gankit.metrics.intervals import Interval, confidence_intervals
from gankit.metrics.kid import KernelDistance, kernel_distance
from gankit.metrics.nearest_neighbours import NearestNeighbours, nearest_neighbours
from gankit.metrics.path_length import perceptual_path_length
from gankit.metrics.precision_recall import PrecisionRecall, precision_recall
from gankit.metrics.psnr import peak_signal_to_noise_ratio
from gankit.metrics.sharpness import sharpness, sharpness_difference
from gankit.metrics.spread import relative_spread
from gankit.metrics.voxels import largest_component

__all__ = [
    "DensityCoverage",
    "Features",
    "InceptionScore",
    "Interval",
    "KernelDistance",
    "Matching",
    "ModeCoverage",
    "NearestNeighbours",
    "PrecisionRecall",
    "class_accuracy",
    "confidence_intervals",
    "data_copying",
    "density_coverage",
    "extract",
    "extractors",
    "frechet_distance",
    "frechet_distance_infinity",
    "inception_score",
    "kernel_distance",
    "largest_component",
    "match_codes",
    "measure",
    "mode_coverage",
    "nearest_neighbours",
    "peak_signal_to_noise_ratio",
    "perceptual_path_length",
    "precision_recall",
    "relative_spread",
    "select_instances",
    "sharpness",
    "sharpness_difference",
]
