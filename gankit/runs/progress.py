"""The progress line of a run."""

import shutil
import sys
import time
from collections.abc import Callable
from typing import Any

import keras

from gankit.callbacks.durations import tell_duration
from gankit.runs.settings import SCORES
from gankit.typing import Logs

EVERY = 0.5  # seconds between two lines on a terminal
EVERY_IN_A_FILE = 30.0  # and in a log
WARM_UP = 5  # steps before the rate is taken: the first one builds a graph


class Progress(keras.callbacks.Callback):
    """Shows images seen, images a second, the time left, losses, and the score if there is one.

    Args:
        batch_size: images per step.
        tick: steps to the first picture.
        num_images: how many images to train on in all; None where time decides.
        clock: tells ``seconds``, how long the run has taken, and ``limit``, or None.
        tell: what is given a line that stays.
    """

    order = -1  # sees losses before others take their time

    def __init__(
        self,
        batch_size: int,
        tick: int,
        num_images: int | None,
        clock: "Clock",
        tell: Callable[[str], None],
    ):
        super().__init__()
        self.batch_size = batch_size
        self.tick = tick
        self.tell = tell
        self.num_images = num_images
        self.clock = clock
        self.terminal = sys.stdout.isatty()
        self.shown = 0.0
        self.score = ""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Counts the steps of this session, and says where it goes on."""
        self.steps = 0
        if done := self.model.position.steps:
            self.say(f"Resumes after {done * self.batch_size:,} images.")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Shows the line, if it is time."""
        if self.model.position.behind:
            return
        now = time.monotonic()
        self.steps += 1
        if self.steps <= WARM_UP:
            self.start, self.begun, self.shown = now, self.steps, now
        elif self.steps == 2 * WARM_UP and (ahead := self.tick - self.model.position.steps) > 0:
            seconds = ahead * (now - self.start) / (self.steps - self.begun)
            if self.clock.limit is not None:  # at the end there is one, too
                seconds = min(seconds, self.clock.limit - self.clock.seconds)
            self.say(f"The first picture comes in {tell_duration(seconds)}.")
        elif now - self.shown >= (EVERY if self.terminal else EVERY_IN_A_FILE):
            self.show(now, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Notes the score."""
        found = {name: value for name, value in (logs or {}).items() if name in SCORES}
        self.score = "".join(f" · {name.upper()} {value:.4g}" for name, value in found.items())

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Leaves the line as it is."""
        if self.terminal:
            print(flush=True)

    def show(self, now: float, logs: dict[str, Any]) -> None:
        """Writes the line, over the last one where that can be done."""
        self.shown = now
        rate = self.batch_size * (self.steps - self.begun) / max(1e-9, now - self.start)
        line = self.describe(rate, logs)
        if self.terminal:
            self.write_over(line)
        else:
            print(line, flush=True)

    def say(self, line: str) -> None:
        """Tells a line that stays, in place of the one that is shown."""
        if self.terminal:
            self.write_over("")
            print("\r", end="")
        self.tell(line)

    def write_over(self, line: str) -> None:
        """Writes a line over the one that a terminal shows."""
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{line[:width]:<{width}}", end="", flush=True)

    def describe(self, rate: float, logs: dict[str, Any]) -> str:
        """Returns the line."""
        seen = self.model.position.steps * self.batch_size
        of = f" of {self.num_images:,}" if self.num_images else ""
        losses = " · ".join(
            f"{name.removesuffix('_loss')} {float(value):.3f}"
            for name, value in logs.items()
            if name in ("discriminator_loss", "generator_loss")
        )
        left = tell_duration(self.seconds_left(seen, rate))
        return f"{seen:,}{of} images · {rate:,.0f}/s · {left} left · {losses}{self.score}"

    def seconds_left(self, seen: int, rate: float) -> float:
        """Returns how long the run will still take."""
        if self.num_images is not None:
            return (self.num_images - seen) / max(rate, 1e-9)
        return max(0.0, (self.clock.limit or 0.0) - self.clock.seconds)


class TimeIsOver(Exception):  # noqa: N818 (no error: the run is as it should be)
    """A run has had all its time in earlier sessions."""


class Clock(keras.callbacks.Callback):
    """Ends a run when its time is over, all its sessions together. It starts when it is made.

    Args:
        limit: seconds; None for no limit.
    """

    remembers = ("before",)

    def __init__(self, limit: float | None):
        super().__init__()
        self.limit = limit
        self.earlier = 0.0  # seconds of sessions before this one
        self.start = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the run has taken."""
        return self.earlier + time.monotonic() - self.start

    @property
    def before(self) -> float:
        """What a checkpoint keeps of it."""
        return self.seconds

    @before.setter
    def before(self, seconds: float) -> None:
        self.earlier = seconds

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Raises ``TimeIsOver`` if earlier sessions, which are known by now, left no time."""
        if self.limit is not None and self.earlier >= self.limit:
            raise TimeIsOver

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Stops when the time is over."""
        if self.limit is not None and self.seconds >= self.limit:
            self.model.stop_training = True
