"""Grids of generated images in TensorBoard."""

from typing import Any

from gankit.callbacks.sample_grid import SampleGrid
from gankit.grids import make_grid
from gankit.typing import Logs, PathLike


class TensorBoardImages(SampleGrid):
    """Shows a grid of generated images in TensorBoard, from the same latents each time.

    Give it the ``log_dir`` of ``keras.callbacks.TensorBoard``, so that the grids appear next to the
    losses, under the same numbers: there, Keras counts epochs from 0 and steps from 1. This
    callback needs the package ``tensorboard``: ``pip install tensorboard``.

    Args:
        log_dir: where to write.
        num_images: images per grid; may be left out if ``condition`` has a row for each. The
            default is 64.
        **kwargs: as in ``SampleGrid``.

    Raises:
        ImportError: the package ``tensorboard`` is missing.

    Examples:
        >>> grids = callbacks.TensorBoardImages("logs", condition=np.arange(10), every=500)
        >>> grids.every
        500
    """

    def __init__(self, log_dir: PathLike, num_images: int | None = None, **kwargs: Any):
        super().__init__(log_dir, num_images, **kwargs)
        self.events = self.folder / "images"
        try:
            import tensorboard  # noqa: F401  tf.summary.image is in it
        except ImportError as error:
            raise ImportError(
                "TensorBoardImages needs tensorboard: pip install tensorboard."
            ) from error

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Opens an event file, and draws one grid to find errors early."""
        import tensorflow as tf

        super().on_train_begin(logs)
        self.writer = tf.summary.create_noop_writer()
        if self.writes:
            self.writer = tf.summary.create_file_writer(str(self.events))

    def act(self, unit: str, number: int) -> None:
        """Writes one grid; with several workers, all draw, and the first one writes."""
        import tensorflow as tf

        number -= unit == "epoch"  # the first epoch's losses have number 0, the first step's 1
        grid = make_grid(self.draw(), columns=self.columns, value_range=self.value_range)
        with (
            self.by_product.writing(f"the grid of {unit} {number} to {self.events}"),
            self.writer.as_default(),
        ):
            tf.summary.image("generated", grid[None], step=number)
            self.writer.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Closes the file."""
        with self.by_product.writing(str(self.events)):
            self.writer.close()
