"""Grids of generated images, saved during training."""

import tempfile
from pathlib import Path

import numpy as np

from gankit.callbacks.periodic import Periodic
from gankit.files import write_whole
from gankit.grids import make_grid, save_grid
from gankit.training.by_products import ByProduct
from gankit.typing import Every, Logs, PathLike, Structure, ValueRange
from gankit.waveforms import draw_signals


class SampleGrid(Periodic):
    """Saves a grid of generated images, from the same latents each time.

    So you can compare the pictures of a run, and join them with ``gankit.save_animation``. Their
    names sort by time: ``epoch_0007.png`` counts the epochs that the GAN has completed, and
    ``step_000700.png`` its training steps, even across resumed runs. Signals are drawn by
    ``gankit.draw_signals``; for other pictures, such as spectrograms, override ``draw`` in a
    subclass.

    Args:
        folder: where to write; created if it is missing.
        num_images: images per grid; may be left out if ``condition`` has a row for each. The
            default is 64.
        every: ``"epoch"``, or a number of training steps.
        condition: the generator's condition, a row for each image.
        seed: integer that determines the latents.
        columns: images per row; by default, the grid is nearly square.
        ema: whether to show the images of ``ema_generator``, if there is one.
        value_range: ``(low, high)``, the values of black and white.

    Raises:
        ValueError: ``every`` is neither ``"epoch"`` nor at least 1.
        OSError: before training begins, if the folder can't be created or written to.

    Warns:
        UserWarning: a grid could not be written; training continues.

    Examples:
        >>> from pathlib import Path
        >>> gan = recipes.small((8, 8, 1), filters=2)
        >>> samples = callbacks.SampleGrid("samples", num_images=16)
        >>> dataset = data.from_arrays(digits[:32, 10:18, 10:18], batch_size=16)
        >>> _ = gan.fit(dataset, epochs=2, verbose=0, callbacks=[samples])
        >>> sorted(path.name for path in Path("samples").iterdir())
        ['epoch_0001.png', 'epoch_0002.png']
    """

    def __init__(
        self,
        folder: PathLike,
        num_images: int | None = None,
        *,
        every: Every = "epoch",
        condition: Structure = None,
        seed: int = 0,
        columns: int | None = None,
        ema: bool = True,
        value_range: ValueRange = (-1, 1),
    ):
        super().__init__(every)
        if num_images is None and condition is None:
            num_images = 64
        self.folder = Path(folder)
        self.num_images = num_images
        self.condition = condition
        self.seed = seed
        self.columns = columns
        self.ema = ema
        self.value_range = value_range
        self.by_product = ByProduct()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Creates the folder and draws one grid, so that errors come before training."""
        super().on_train_begin(logs)
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.writes:
            tempfile.TemporaryFile(dir=self.folder).close()  # unless it is read-only
        make_grid(self.draw(), columns=self.columns, value_range=self.value_range)

    def draw(self) -> np.ndarray:
        """Returns the images of a grid."""
        images = self.model.generate(
            self.num_images, condition=self.condition, seed=self.seed, ema=self.ema
        )
        if np.ndim(images) == 3:
            return draw_signals(images, value_range=self.value_range)
        return images

    def act(self, unit: str, number: int) -> None:
        """Writes one grid; with several workers, all draw, and the first one writes."""
        self.save(self.draw(), unit, number)

    def save(self, images: np.ndarray, unit: str, number: int) -> None:
        """Writes a grid of images, named after its epoch or step."""
        digits = {"epoch": 4, "step": 6}[unit]
        path = self.folder / f"{unit}_{number:0{digits}d}.png"

        def write(file):
            save_grid(images, file, columns=self.columns, value_range=self.value_range)

        if self.writes:
            with self.by_product.writing(str(path)):
                write_whole(path, write)
