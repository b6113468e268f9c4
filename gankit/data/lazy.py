"""TensorFlow, imported when something of it is needed: JAX's and PyTorch's users may have none."""

import importlib
from typing import Any


class LazyTensorFlow:
    """Stands for the module ``tensorflow``."""

    def __getattr__(self, name: str) -> Any:
        """Returns what the module has under a name, or says that there is no such module."""
        try:
            tensorflow = importlib.import_module("tensorflow")
        except ImportError as error:
            raise ImportError(
                "This part of gankit.data needs TensorFlow, on any backend: pip install "
                "tensorflow. Without it, give arrays to from_arrays."
            ) from error
        return getattr(tensorflow, name)


tf: Any = LazyTensorFlow()
