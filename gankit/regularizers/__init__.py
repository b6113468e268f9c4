"""Regularizers: further terms, and changes of what the discriminator sees, one paper a file.

``compile(regularizers=[...])`` takes any number of them, and they go with any GAN.
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
