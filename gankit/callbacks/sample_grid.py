"""Pictures of what the generator makes, while it learns."""

from pathlib import Path

import keras

from gankit.gans.checks import check_at_least_one
from gankit.grids import make_grid, save_grid


class SampleGrid(keras.callbacks.Callback):
    """Saves a grid of generated images, from the same latents each time.

    The pictures of one run can be compared, and put together by ``gankit.save_animation``. Names
    sort by time: ``epoch_0007.png`` counts the epochs that the GAN has completed, and
    ``step_000700.png`` its training steps, also across runs that are taken up again.

    Args:
        folder: where to write; made if it is missing.
        num_images: images a grid; may be left out where ``condition`` says it. Default 64.
        every: ``"epoch"``, or a number of training steps.
        condition: what the generator is told, a row for each image.
        seed: integer, which settles the latents.
        columns: images a row; by default the grid is nearly square.
        ema: whether to show ``ema_generator`` where there is one.
        value_range: ``(low, high)``: which values of the images are black and white.

    Raises:
        ValueError: ``every`` is neither ``"epoch"`` nor at least 1.
    """

    def __init__(
        self,
        folder,
        num_images=None,
        *,
        every="epoch",
        condition=None,
        seed=0,
        columns=None,
        ema=True,
        value_range=(-1, 1),
    ):
        super().__init__()
        if every != "epoch":
            check_at_least_one("every, unless it is 'epoch',", every)
        if num_images is None and condition is None:
            num_images = 64
        self.folder = Path(folder)
        self.num_images = num_images
        self.every = every
        self.condition = condition
        self.seed = seed
        self.columns = columns
        self.ema = ema
        self.value_range = value_range

    def on_train_begin(self, logs=None):
        """Makes the folder and one grid: what can't work is an error before training."""
        self.folder.mkdir(parents=True, exist_ok=True)
        make_grid(self.draw(), columns=self.columns, value_range=self.value_range)
        self.steps = int(self.model.optimizer.iterations.numpy())
        self.steps_of_epoch = 0

    def on_train_batch_end(self, batch, logs=None):
        """Saves a grid if another ``every`` steps are done; several may pass in one execution."""
        done = batch + 1 - self.steps_of_epoch
        self.steps_of_epoch += done
        before, self.steps = self.steps, self.steps + done
        if self.every != "epoch" and self.steps // self.every > before // self.every:
            self.save(f"step_{self.steps:06d}.png")

    def on_epoch_end(self, epoch, logs=None):
        """Saves a grid if it is time for one."""
        self.steps_of_epoch = 0
        if self.every == "epoch":
            self.save(f"epoch_{int(self.model.epochs_completed.numpy()):04d}.png")

    def draw(self):
        """Returns the images of a grid."""
        return self.model.generate(
            self.num_images, condition=self.condition, seed=self.seed, ema=self.ema
        )

    def save(self, name):
        """Writes one grid."""
        save_grid(
            self.draw(), self.folder / name, columns=self.columns, value_range=self.value_range
        )
