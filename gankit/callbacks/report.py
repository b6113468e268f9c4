"""A report on a run: one HTML page, updated during training."""

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from gankit.callbacks.report_charts import DISTANCES, Row, find_best
from gankit.callbacks.report_facts import describe_machine, describe_recipe
from gankit.callbacks.report_figures import draw_neighbours, draw_real
from gankit.callbacks.report_page import Content, write_page
from gankit.callbacks.report_pictures import Figure, Sample, encode, read_samples, spread
from gankit.callbacks.sample_grid import SampleGrid
from gankit.files import write_whole
from gankit.grids import make_grid, to_uint8
from gankit.training.by_products import ByProduct
from gankit.typing import Logs, PathLike

INTERVAL = 20  # minimum number of seconds between two writes
SHARE = 0.05  # maximum share of the time that is spent on writing
MOST_SAMPLES = 24
MOST_ROWS = 300
GOING_ON = "while training goes on"


class Report(SampleGrid):
    """Writes a page about a run: one HTML file that works offline, in dark or light mode.

    It shows samples over time, with a slider, from the same latents each time; the losses, and how
    often the discriminator is right; FID and KID if ``Evaluate`` measures them, with the best value
    marked; real images, and generated images next to their nearest real ones; and the recipe, the
    seed, the versions and the machine. Charts need matplotlib: ``pip install 'gankit[plots]'``.

    The file stays below 5 MB however long the run is: it has at most 24 grids of samples and 300
    points of the curves, spread over the run and including the best. It is rewritten at most every
    20 seconds, and at the end. With ``Checkpoint``, a resumed run continues the same page, without
    duplicates; otherwise, each ``fit`` starts a new page.

    Args:
        path: path of the file, such as ``"run/report.html"``; missing folders are created.
        real: real images, an array as ``make_grid`` takes; one batch is enough. Some of them are
            shown, and the nearest ones are searched among them. None leaves both out.
        num_images: images per grid; may be left out if ``condition`` has a row for each. The
            default is 64.
        details: facts to list with the recipe, by name, such as the source of the data. A fact with
            the name of one that is listed anyway replaces it.
        commands: commands to copy, by title, such as one that generates images with the GAN.
        grids: a folder in which to also save each grid, as ``SampleGrid`` does; None saves none.
        **kwargs: as in ``SampleGrid``. With ``every=1000``, curves have a point every 1,000 steps,
            with the means since the epoch began, in addition to those at the end of epochs.

    Raises:
        ValueError: a path that doesn't end in ``.html``, or ``real`` isn't images; before training
            begins, if real images differ in size from generated ones.
        OSError: before training begins, if the folder can't be created or written to.

    Warns:
        UserWarning: the page could not be written; training continues.

    Examples:
        >>> from pathlib import Path
        >>> gan = recipes.small((8, 8, 1), filters=2)
        >>> small = digits[:32, 10:18, 10:18]
        >>> report = callbacks.Report("run/report.html", real=small, num_images=16)
        >>> _ = gan.fit(data.from_arrays(small, batch_size=16), verbose=0, callbacks=[report])
        >>> Path("run/report.html").exists()
        True
    """

    remembers = ("run", "rows", "seconds")

    def __init__(
        self,
        path: PathLike,
        real: ArrayLike | None = None,
        num_images: int | None = None,
        *,
        details: Mapping[str, object] | None = None,
        commands: Mapping[str, str] | None = None,
        grids: PathLike | None = None,
        **kwargs: Any,
    ):
        self.path = Path(path)
        if self.path.suffix != ".html":
            raise ValueError(f"path must be that of an .html file, got {str(path)!r}.")
        super().__init__(self.path.parent if grids is None else grids, num_images, **kwargs)
        self.saves_grids = grids is not None
        self.page = ByProduct()
        self.real = None if real is None else to_uint8(real, self.value_range)
        self.details = details or {}
        self.commands = commands or {}
        self.samples: list[Sample] = []
        self.state = ""

    @property
    def seconds(self) -> float:
        """How long the run has trained, over all its sessions."""
        return round(time.monotonic() - self.start, 1)

    @seconds.setter
    def seconds(self, seconds: float) -> None:
        self.start = time.monotonic() - seconds

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Starts a new run, and tries everything once, so that errors come before training."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        super().on_train_begin(logs)
        self.run = datetime.now().astimezone().isoformat()
        self.seconds = 0.0
        self.rows: list[Row] = []
        self.samples = []
        self.look()
        self.compare()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Starts the page, or continues it after ``Checkpoint`` has restored the rows."""
        if self.samples:
            return
        known = read_samples(self.path, self.run)
        self.samples = [sample for sample in known if sample.step <= self.steps]
        if not self.samples:
            self.add_sample()
        self.write(GOING_ON)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Acts after another ``every`` steps."""
        self.logs = logs or {}
        super().on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Records the epoch, and acts if ``every`` is ``"epoch"``."""
        self.note(logs or {})
        super().on_epoch_end(epoch, logs)

    def act(self, unit: str, number: int) -> None:
        """Adds samples, and within an epoch also a row; writes the page if it is time."""
        if unit == "step":
            self.note(self.logs)
        self.look()
        self.add_sample()
        if self.saves_grids:
            self.save(self.images, unit, number)
        if time.monotonic() > self.due:
            self.write(GOING_ON)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Writes the page, unless no epoch was left to train."""
        if not self.samples:
            return
        if self.seen_at != self.steps:
            self.look()
        self.add_sample()
        self.write("at the end of training")

    def close(self) -> None:
        """Writes the page if training was interrupted; ``GAN.fit`` always calls this."""
        self.write_of_a_stop("when training was stopped")

    def on_signal(self, name: str) -> None:
        """Writes the page before a signal ends the process; ``Checkpoint`` calls it."""
        self.write_of_a_stop(f"when {name} stopped training. Run the same again to resume")

    def write_of_a_stop(self, state: str) -> None:
        """Writes the page, unless it already says how training has ended."""
        if self.samples and self.state == GOING_ON:
            self.write(state)

    def note(self, logs: Logs) -> None:
        """Adds a row; rows of repeated steps are dropped."""
        moment = {
            "epoch": self.model.position.epoch,
            "step": self.steps,
            "seconds": self.seconds,
        }
        logged = {name: float(f"{float(value):.6g}") for name, value in logs.items()}
        self.rows = [row for row in self.rows if row["step"] < self.steps] + [moment | logged]
        best = [row["step"] for name in DISTANCES if (row := find_best(self.rows, name))]
        kept = spread([row["step"] for row in self.rows], MOST_ROWS, best)
        self.rows = [row for row in self.rows if row["step"] in kept]

    def look(self) -> None:
        """Generates images; with several workers, all do so at the same steps."""
        self.images, self.seen_at = to_uint8(self.draw(), self.value_range), self.steps

    def add_sample(self) -> None:
        """Adds the images to the samples; samples of repeated steps are dropped."""
        picture = encode(make_grid(self.images, columns=self.columns))
        sample = Sample(self.model.position.epoch, self.steps, picture)
        self.samples = [one for one in self.samples if one.step < self.steps] + [sample]
        kept = spread([one.step for one in self.samples], MOST_SAMPLES)
        self.samples = [one for one in self.samples if one.step in kept]

    def write(self, state: str) -> None:
        """Writes the page; with several workers, only the first one does."""
        self.state = state
        begin = time.monotonic()
        if self.writes:
            with self.page.writing(str(self.path)):
                write_whole(
                    self.path,
                    lambda file: file.write_text(write_page(self.gather()), encoding="utf-8"),
                )
        end = time.monotonic()
        self.due = end + max(INTERVAL, (end - begin) / SHARE)

    def gather(self) -> Content:
        """Returns what the page shows."""
        shapes = self.model.position.data.get("shapes")
        details = dict(self.details)
        real, neighbours = self.compare()
        return Content(
            run=self.run,
            name=self.path.resolve().parent.name,
            state=f"Written on {datetime.now().astimezone():%Y-%m-%d at %H:%M %Z} {self.state}.",
            rows=self.rows,
            samples=self.samples,
            images_a_step=shapes[0][0] if shapes else None,
            real=real,
            neighbours=neighbours,
            recipe=details | describe_recipe(self.model) | details,
            machine=describe_machine(self.model),
            commands=self.commands,
        )

    def compare(self) -> tuple[Figure | None, Figure | None]:
        """Returns pictures of real images, and of generated ones next to the nearest real ones."""
        if self.real is None:
            return None, None
        real = draw_real(self.real, len(self.images), self.columns)
        return real, draw_neighbours(self.images, self.real)
