"""Regularizers: what goes beyond a loss and a penalty, one idea a file.

They are given to ``compile(regularizers=[...])``, as many as you like, and go with any GAN.
"""

from gankit.regularizers.apa import APA
from gankit.regularizers.consistency import Consistency, LatentConsistency
from gankit.regularizers.feature_matching import FeatureMatching
from gankit.regularizers.lecam import LeCam
from gankit.regularizers.mode_seeking import ModeSeeking
from gankit.regularizers.regularizer import Regularizer, Term

__all__ = [
    "APA",
    "Consistency",
    "FeatureMatching",
    "LatentConsistency",
    "LeCam",
    "ModeSeeking",
    "Regularizer",
    "Term",
]
