"""Loading of GANs' files, with clear errors."""

import re
from pathlib import Path
from typing import Any

import keras

from gankit.archives import CONFIG, WEIGHTS, bounded_weights, check_file, find_fault, read_json
from gankit.checkpoint_index import INDEX, find_checkpoints, find_newest
from gankit.checks import did_you_mean, printable
from gankit.gans.gan import GAN
from gankit.typing import Config, PathLike
from gankit.version import __version__

MODELS = Path(__file__).with_name("models")  # trained ones, inside the package
MODEL = "model.keras"  # what a run of ``gankit train`` ends with
HUB = "hf://"
MOST_SIGNS = 500  # of what Keras says, which may hold all of a configuration


def load(
    path: PathLike, *, custom_objects: dict[str, Any] | None = None, compile: bool = True
) -> GAN:
    """Returns the GAN in a ``.keras`` file, ready to be used and to be trained on.

    As ``keras.models.load_model``, but says what is wrong with a file that can't be loaded. No code
    out of the file is run, unless ``keras.config.enable_unsafe_deserialization`` was called: a file
    names layers and functions of Keras and gankit, registered classes, and ``custom_objects``.
    Networks get no more weights than the file holds.

    ``gankit.load("digits")`` returns a trained GAN that is inside the package: a conditional DCGAN
    of MNIST's digits, which ``generate(condition=[7, 7, 7])`` draws. It has no optimizers:
    ``compile`` it to train it on.

    Args:
        path: of the file; of a run's folder, which ``gankit train`` or ``callbacks.Checkpoint``
            writes to, for the newest checkpoint in it, also while the run trains, or for its
            ``model.keras`` where no checkpoints are left; a repository of Hugging Face's,
            ``"hf://user/model"``, which Keras fetches; or ``"digits"``, unless there is a file or a
            run of that name.
        custom_objects: classes of your own by name, where they are not registered.
        compile: whether to restore optimizers and losses too.

    Raises:
        ValueError: no file, checkpoint or model of that name; an empty, truncated or damaged file,
            one of something else, of a class that is not known here, or of a newer gankit that has
            what this one has not.

    Examples:
        >>> gan = gankit.load("digits")
        >>> gan.save("mine.keras")
        >>> gankit.load("mine.keras").generate(condition=[7, 7, 7]).shape
        (3, 28, 28, 1)
    """
    if str(path).startswith(HUB):  # Keras fetches it, and says what is wrong
        return check_gan(keras.models.load_model(str(path), custom_objects, compile=compile), path)
    path = find_file(path)
    check_file(path)
    try:
        with bounded_weights(path):
            model = keras.models.load_model(path, custom_objects, compile=compile)
    except Exception as error:
        raise ValueError(explain(path, error, custom_objects)) from error
    return check_gan(model, path)


def check_gan(model: Any, path: PathLike) -> Any:  # of any variant
    """Returns a model that was loaded, or raises ``ValueError`` if it is no GAN."""
    if not isinstance(model, keras.Model):
        raise ValueError(f"{printable(path)} holds no GAN, but {type(model).__name__}.")
    if not hasattr(model, "generate"):
        raise ValueError(
            f"{printable(path)} holds no GAN, but {type(model).__name__} {model.name!r}: "
            "keras.models.load_model loads it."
        )
    return model


def find_file(path: PathLike) -> Path:
    """Returns the path of a file, of the newest checkpoint in a folder, or of what a name means.

    That is the model inside the package that is called by a bare name.

    Raises:
        ValueError: there is none of these.
    """
    path = Path(path)
    if path.is_file():
        return path
    names = sorted(file.stem for file in MODELS.glob("*.keras"))
    if str(path) in names and not is_run(path):
        return MODELS / f"{path.name}.keras"
    if path.is_dir():
        folder = find_checkpoints(path)
        has_index = (folder / INDEX).exists()
        return path / MODEL if is_run(path) and not has_index else find_newest(folder)
    if not path.suffix and path.name == str(path):
        raise ValueError(
            f"There is no file {path.name!r}, and no model of that name inside gankit, which has "
            f"{names}: give the path of a .keras file, or one of these names."
            + did_you_mean(path.name, names)
        )
    return path


def is_run(folder: Path) -> bool:
    """Returns whether a folder is that of a run: with checkpoints, or with what is left of one."""
    return (find_checkpoints(folder) / INDEX).exists() or (folder / MODEL).is_file()


def explain(path: Path, error: Exception, custom_objects: dict[str, Any] | None) -> str:
    """Returns why a file whose bytes are in order can't be loaded, and what to do."""
    config = read_json(path, CONFIG)
    with bounded_weights(path):
        place, error = find_fault({CONFIG: config}, error, custom_objects)
    reason = explain_version(config) + explain_class(error)
    where = place.removeprefix(".") or WEIGHTS
    return f"{printable(path)} is intact, but can't be loaded: {reason} (That is in {where}.)"


def explain_version(config: Config) -> str:
    """Returns what to do if a file is of a newer gankit than this one, else nothing."""
    build_config = config.get("build_config")
    written = build_config.get("gankit_version") if isinstance(build_config, dict) else None
    if read_version(str(written)) <= read_version(__version__):
        return ""
    return (
        f"it was written by gankit {written}, and this is gankit {__version__}. "
        "pip install --upgrade gankit, or git pull in a clone. "
    )


def explain_class(error: Exception) -> str:
    """Returns what Keras says, without a dump of all that is in the file, and what to do."""
    what, *dump = str(error).split("Full object config:")
    what = " ".join(re.split(r"(?:Error|Exception) encountered[^:]*:", what)[-1].split())
    if len(what) > MOST_SIGNS:
        what = f"{what[:MOST_SIGNS]} ..."
    if not dump:
        return (
            what
            if isinstance(error, TypeError | ValueError | OSError)
            else f"{type(error).__name__} {what}"
        )
    return (
        f"{what} In a shell, --import MODULE does that; where the class is not "
        "registered, custom_objects={'Name': Class} of gankit.load will do."
    )


def read_version(version: str) -> list[int]:
    """Returns the numbers of a version, which can be compared."""
    return [int(number) for number in re.findall(r"\d{1,9}", version)[:3]]
