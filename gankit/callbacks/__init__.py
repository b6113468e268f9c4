"""What happens beside training: callbacks for ``fit``."""

from gankit.callbacks.sample_grid import SampleGrid

__all__ = ["SampleGrid"]
