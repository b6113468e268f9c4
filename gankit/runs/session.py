"""A run from its first step to its model, with any number of stops on the way."""

import importlib.util
import inspect
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from gankit import callbacks, recipes
from gankit.checkpoint_index import FOLDER as CHECKPOINTS
from gankit.checks import did_you_mean
from gankit.differentiation import on_gpu
from gankit.gans import GAN
from gankit.metrics import extractors
from gankit.runs.progress import Clock, Progress, TimeIsOver
from gankit.runs.settings import FILE, Settings
from gankit.runs.sources import COLOURS, Found, find_data
from gankit.saving import MODEL, load
from gankit.training.policies import dtype_policy
from gankit.transfer import transfer_weights
from gankit.typing import Dataset, PathLike

FEWEST = 50  # images, with fewer of which nothing but copies can come out
FEW = 1000
BATCH_SIZE = 64
LARGEST_OF_SMALL = 32  # pixels
TICK, TICK_ON_GPU = 6_400, 128_000  # images between two pictures, of this many pixels at most:
OF_TICK = 64
SHOWN = 64
COMPARED = 2_560  # images, by nearest neighbours, and by a score
COMPARED_BY_INCEPTION = 1_000
USUAL_MINUTES = 60.0
NO_OPTIONS = {"options", "generator", "discriminator", "image_shape", "variant"}
RECIPES: dict[str, Callable[..., GAN]] = {"small": recipes.small, "modern": recipes.modern}

#: What says where a run is.
Tell = Callable[[str], None]


def train(settings: Settings, folder: PathLike, tell: Tell | None = print) -> GAN:
    """Trains what the settings say, or resumes it, and returns the GAN.

    Args:
        settings: see ``Settings``. Of a run that has begun, they must be the same, besides how long
            it takes.
        folder: of the run: ``run.json``, ``report.html``, ``checkpoints``, ``samples``,
            ``losses.csv``, ``model.keras``.
        tell: what is given each line on where the run is. None says nothing, and shows no progress.

    Raises:
        ValueError: settings that don't fit the data, or those of the run that has begun.
        KeyboardInterrupt: Ctrl-C, when all is saved.

    Examples:
        >>> settings = gankit.runs.Settings(
        ...     "digits", size=(8, 8), images=128, options={"filters": 2}
        ... )
        >>> trained = gankit.runs.train(settings, "run", tell=None)
        >>> trained.generate(2).shape
        (2, 8, 8, 1)
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{str(folder)!r} is a file. Give a folder for the run.")
    settings = complete(settings)
    check_same(settings, folder)
    clock = Clock(None if settings.minutes is None else 60 * settings.minutes)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = find_data(settings, folder)
        settings = choose(settings, found)
        dataset = make_dataset(settings, found)
    problems = [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
    gan = build(settings, found)
    score = find_score(settings, found)
    say = tell or tell_nothing
    describe(settings, found, problems, say)
    if settings.start is not None:
        begin_with(gan, settings, say)
    folder.mkdir(parents=True, exist_ok=True)  # not before all is known to work
    settings.write(folder)
    try:
        fit(gan, settings, found, dataset, folder, score, clock, tell)
    except TimeIsOver:
        had = max(float(settings.minutes or 0), round(clock.earlier / 60))
        replace(settings, minutes=had).write(folder)
        say(f"The run has had its {had:g} minutes already.")
    gan.save(folder / MODEL)
    say(f"Done: {folder / MODEL}")
    return gan


def tell_nothing(line: str) -> None:
    """Leaves a line out."""


def complete(settings: Settings) -> Settings:
    """Returns settings in which what only the machine decides is decided."""
    if settings.mixed is None:
        settings = replace(settings, mixed=has_bfloat16())
    if not (settings.minutes or settings.images or settings.epochs):
        settings = replace(settings, minutes=USUAL_MINUTES)
    return settings


def has_bfloat16() -> bool:
    """Returns whether this machine computes faster in bfloat16."""
    cpu = Path("/proc/cpuinfo")
    return on_gpu() or (cpu.exists() and "avx512_bf16" in cpu.read_text())


def check_same(settings: Settings, folder: Path) -> None:
    """Raises ``ValueError`` if a run with other settings has begun in the folder."""
    if not (folder / FILE).exists():
        return
    before = Settings.read(folder / FILE)
    if (settings.minutes is None) != (before.minutes is None):
        timed = before.minutes is not None
        raise ValueError(
            f"A run has begun in {str(folder)!r}. Its length is in "
            f"{'minutes' if timed else 'images or epochs'}, by which its learning rates "
            f"{'stay' if timed else 'fall'}: lengthen it that way, or give --out another folder."
        )
    # What was left open was decided by the data then, and is now.
    decided = {name: getattr(before, name) for name in ("size", "recipe", "batch_size", "mixed")}
    open_ones = {name: value for name, value in decided.items() if getattr(settings, name) is None}
    if changes := replace(settings, **open_ones).changes(before):
        raise ValueError(
            f"A run with other settings has begun in {str(folder)!r}: {'; '.join(changes)}. Give "
            "it the same, or give --out another folder."
        )


def choose(settings: Settings, found: Found) -> Settings:
    """Returns settings in which what the data decide is decided.

    Raises:
        ValueError: too few images, or no such recipe.
    """
    if found.num_images < FEWEST:
        raise ValueError(
            f"{found.what} has {found.num_images} images. A GAN needs some {FEW} to learn from, "
            f"and at least {FEWEST} to learn anything at all."
        )
    usual = "small" if max(found.image_shape[:2]) <= LARGEST_OF_SMALL else "modern"
    recipe = settings.recipe or usual
    if recipe not in RECIPES:
        raise ValueError(
            f"There is no recipe {recipe!r}, there are {', '.join(RECIPES)}."
            f"{did_you_mean(recipe, RECIPES)}"
        )
    batch_size = settings.batch_size or min(BATCH_SIZE, found.num_images)
    return replace(settings, size=found.image_shape[:2], recipe=recipe, batch_size=batch_size)


def make_dataset(settings: Settings, found: Found) -> Dataset:
    """Returns the batches to train on."""
    flip = "horizontal" if found.flip else None
    return found.make(batch_size=settings.batch_size, seed=settings.seed, flip=flip)


def build(settings: Settings, found: Found) -> GAN:
    """Returns the recipe's GAN.

    Raises:
        ValueError: an option that the recipe doesn't have, or that doesn't fit.
    """
    recipe = RECIPES[str(settings.recipe)]
    known = {*inspect.signature(recipe).parameters, *inspect.signature(recipes.assemble).parameters}
    known -= NO_OPTIONS
    for name in settings.options:
        if name not in known:
            hint = did_you_mean(name, known) or f" There are {', '.join(sorted(known))}."
            raise ValueError(f"recipes.{settings.recipe} has no option {name!r}.{hint}")
    options: dict[str, Any] = {
        "num_images": found.num_images,
        "num_classes": None if found.class_names is None else len(found.class_names),
        "class_names": found.class_names,
        "seed": settings.seed,
    }
    if settings.images or settings.epochs:
        options["total_steps"] = count_steps(settings, found)
    keras.utils.set_random_seed(settings.seed)
    try:
        with dtype_policy("mixed_bfloat16" if settings.mixed else "float32"):
            return recipe(found.image_shape, **options | settings.options)
    except (TypeError, ValueError) as error:
        if not settings.options:
            raise
        raise ValueError(
            f"recipes.{settings.recipe} can't be built with {in_words(settings.options)}: {error}"
        ) from error


def begin_with(gan: GAN, settings: Settings, tell: Tell) -> None:
    """Gives a GAN the weights of the one that the settings name, and tells which fit."""
    source = load(str(settings.start), compile=False)
    taken, left = transfer_weights(source, gan, freeze=settings.freeze)
    rest = f". These start from scratch: {', '.join(left)}" if left else ""
    tell(f"Begins with {len(taken)} of {len(taken) + len(left)} layers of {settings.start}{rest}.")


def count_steps(settings: Settings, found: Found) -> int:
    """Returns how many steps the images or epochs asked for are, to the nearest picture."""
    images = settings.images or (settings.epochs or 0) * found.num_images
    batch_size = int(settings.batch_size or BATCH_SIZE)
    steps, tick = max(1, round(images / batch_size)), find_tick(found.image_shape, batch_size)
    return steps if steps < tick else tick * round(steps / tick)


def describe(settings: Settings, found: Found, problems: list[str], tell: Tell) -> None:
    """Tells what was found, and what will be made of it."""
    height, width, channels = found.image_shape
    classes = "" if found.class_names is None else f", {len(found.class_names)} classes"
    sizes = f" of {found.sizes}" if found.sizes else ""
    tell(f"{found.num_images:,} images{sizes}, {COLOURS[channels]}{classes}: {found.what}")
    for problem in problems:
        tell(f"warning: {problem}")
    if found.num_images < FEW:
        tell(
            f"warning: {found.num_images} images are few. Expect pictures that resemble them "
            f"closely; {FEW} and more give variety."
        )
    precision = "bfloat16" if settings.mixed else "float32"
    tell(
        f"Draws {height}x{width} by recipes.{settings.recipe}, in batches of "
        f"{settings.batch_size}, in {precision} on {'a GPU' if on_gpu() else 'the CPU'}."
    )
    if not importlib.util.find_spec("matplotlib"):
        tell("The report's charts need matplotlib: pip install matplotlib")


def find_score(settings: Settings, found: Found) -> dict[str, Any] | None:
    """Returns what ``Evaluate`` measures, and how often; None without a score.

    Raises:
        ValueError: no such network.
        OSError: inception's weights can't be downloaded.
    """
    tick = find_tick(found.image_shape, int(settings.batch_size or BATCH_SIZE))
    if settings.score is None:
        if not found.are_digits:
            return None
        number, judge, every = COMPARED, extractors.digits(), 5 * tick
    else:  # by a large network, which takes a minute on a CPU
        number, judge = COMPARED_BY_INCEPTION, extractors.find(settings.extractor or "inception")
        every = 20 * tick
    return {
        "metrics": settings.score or "fid",
        "extractor": judge,
        "num_images": number,
        "condition": all_classes(found, number),
        "every": every,
        "verbose": 0,
    }


def fit(
    gan: GAN,
    settings: Settings,
    found: Found,
    dataset: Dataset,
    folder: Path,
    score: dict[str, Any] | None,
    clock: Clock,
    tell: Tell | None,
) -> None:
    """Trains, and says how to resume if it is stopped."""
    batch_size = int(settings.batch_size or BATCH_SIZE)
    steps = None if settings.minutes is not None else count_steps(settings, found)
    tick = find_tick(found.image_shape, batch_size)
    if steps is not None:
        tick = min(tick, steps)
    checkpoint = callbacks.Checkpoint(folder / CHECKPOINTS, keep=2)
    some = dataset.take(min(len(dataset), -(-COMPARED // batch_size)))
    real = np.concatenate([take_images(batch) for batch in some])
    watched = [
        checkpoint,
        callbacks.Report(
            folder / "report.html",
            real,
            SHOWN,
            condition=all_classes(found, SHOWN),
            details=list_choices(settings, found),
            commands=list_commands(folder),
            grids=folder / "samples",
        ),
        keras.callbacks.CSVLogger(folder / "losses.csv"),
        # A schedule of rates, which a known number of steps has, can't be lowered.
        callbacks.StopOnNaN(checkpoint if steps is None else None),
        clock,
    ]
    if tell is not None:
        num_images = None if steps is None else steps * batch_size
        watched.append(Progress(batch_size, tick, num_images, clock, tell))
    if score is not None:
        watched.append(callbacks.Evaluate(real=real, **score))
    epochs = 10**9 if steps is None else steps // tick
    gan.fit(dataset.repeat(), steps_per_epoch=tick, epochs=epochs, callbacks=watched, verbose=0)


def all_classes(found: Found, number: int) -> np.ndarray | None:
    """Returns so many classes, all of them in turn; None where there are none."""
    return None if found.class_names is None else np.arange(number) % len(found.class_names)


def find_tick(image_shape: tuple[int, int, int], batch_size: int) -> int:
    """Returns how many steps there are between two pictures: fewer of larger images."""
    height, width, _ = image_shape
    images = (TICK_ON_GPU if on_gpu() else TICK) * min(1.0, OF_TICK**2 / (height * width))
    return max(1, round(images / batch_size))


def list_choices(settings: Settings, found: Found) -> dict[str, str]:
    """Returns what the report lists of the data and the settings."""
    classes = {} if found.class_names is None else {"Classes": ", ".join(found.class_names)}
    return {
        "Data": f"{found.num_images:,} images: {found.what}",
        **classes,
        "Recipe": f"recipes.{settings.recipe}({in_words(settings.options)})",
        "Seed": str(settings.seed),
    }


def in_words(options: dict[str, Any]) -> str:
    """Returns arguments as one writes them."""
    return ", ".join(f"{name}={value!r}" for name, value in options.items())


def list_commands(folder: Path) -> dict[str, str]:
    """Returns what one types to use a run, by what it does."""
    return {
        "Resume after a stop": f"gankit train --out {folder}",
        "Draw, also before the end": f"gankit generate {folder}",
        "Play with it": f"gankit explore {folder}",
        "Load it": f"import gankit\ngan = gankit.load({str(folder)!r})",
    }


def take_images(batch: Any) -> np.ndarray:
    """Returns the images of a batch."""
    return np.asarray(batch[0] if isinstance(batch, tuple | list) else batch)
