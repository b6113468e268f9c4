"""Callbacks for ``GAN.fit``."""

from gankit.callbacks.checkpoint import Checkpoint
from gankit.callbacks.evaluate import Evaluate
from gankit.callbacks.report import Report
from gankit.callbacks.sample_grid import SampleGrid
from gankit.callbacks.stop_after import StopAfter
from gankit.callbacks.stop_on_nan import StopOnNaN
from gankit.callbacks.tensorboard_images import TensorBoardImages

__all__ = [
    "Checkpoint",
    "Evaluate",
    "Report",
    "SampleGrid",
    "StopAfter",
    "StopOnNaN",
    "TensorBoardImages",
]
