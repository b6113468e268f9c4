"""All that a user can reach is annotated, and mypy tells right calls from wrong ones."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gankit
from gankit.metrics import extractors

RIGHT = """
from typing import Any

import keras
import numpy as np

import gankit
from gankit import Batch, architectures, augment, callbacks, data, latents, losses, metrics
from gankit import penalties, priors
from gankit.differentiation import gradient_by_inputs
from gankit.training.phase import Phase
from gankit.typing import Scalars, Seed, Tensor


@keras.saving.register_keras_serializable(package="my_gans")
class BrightGAN(gankit.WGANGP):
    default_loss = losses.Hinge()
    default_penalty = penalties.R1(10.0) + penalties.R2(10.0)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        brightness: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(generator, discriminator, **kwargs)
        self.brightness = brightness

    def generator_losses(self, real: Batch, fake: Batch) -> Scalars:
        error = keras.ops.mean(fake.images) - self.brightness
        return super().generator_losses(real, fake) | {"brightness": keras.ops.square(error)}

    def make(self, real: Batch) -> tuple[Batch, Batch]:
        real, fake = super().make(real)
        return real, fake._replace(extra={"mean": keras.ops.mean(fake.images)})

    def shown(self, batch: Batch) -> Batch:
        return super().shown(batch)

    def penalty_losses(self, phase: Phase, real: Batch, fake: Batch) -> Scalars:
        def slope() -> Tensor:
            slopes = gradient_by_inputs(self.generator, fake.latents)
            return self.current(1e-3) * keras.ops.mean(keras.ops.square(slopes))

        terms = super().penalty_losses(phase, real, fake)
        return terms | ({"slope": phase.lazily(2, slope)} if phase.name == "generator" else {})

    def may_update(self, phase: str) -> Tensor | None:
        return None

    def needs_real(self) -> bool:
        return True

    def step_metrics(self, real: Batch, fake: Batch) -> Scalars:
        return super().step_metrics(real, fake) | {"brightness": fake.extra["mean"]}


@keras.saving.register_keras_serializable(package="my_gans")
class Plain(losses.Loss):
    def discriminator(self, real_scores: Tensor, fake_scores: Tensor, seed: Seed = None) -> Tensor:
        return fake_scores - real_scores

    def generator(self, fake_scores: Tensor, real_scores: Tensor | None = None) -> Tensor:
        return -fake_scores


class Mine(penalties.Penalty):
    def costs(
        self, score_images: penalties.ScoreImages, real: Tensor, fake: Tensor, seed: Seed = None
    ) -> Tensor:
        return penalties.squared_slopes(score_images, real)


class Positive(priors.Normal):
    def sample(self, shape: tuple[int | Tensor, ...], seed: Seed = None) -> Tensor:
        return keras.ops.abs(super().sample(shape, seed))


digits, labels = data.sample_digits()
digits, labels = digits[:256], labels[:256]
pairs = data.from_arrays(digits, labels, batch_size=4, image_size=(16, 16), classes=[3, 7])
dataset = data.from_arrays(digits, batch_size=64, image_size=(16, 16), flip="horizontal")
generator = architectures.dcgan.build_generator((16, 16, 1), latent_dim=8, filters=4)
discriminator = architectures.dcgan.build_discriminator((16, 16, 1), filters=4, dropout=0.0)
gan = gankit.GAN(generator, discriminator, augment=augment.DiffAugment(["color"]), seed=0)
gan.compile(keras.optimizers.Adam(1e-3), "adam", losses.NonSaturating(label_smoothing=0.1))
gan.compile(loss="hinge", penalty="r1")
gan.compile(loss=Plain(), penalty=penalties.R1(1.0, every=2) + Mine(0.1), run_eagerly=False)
history = gan.fit(
    dataset, epochs=1, verbose=0, callbacks=[callbacks.SampleGrid("samples"), callbacks.StopOnNaN()]
)
callbacks.Report("run/report.html", digits, details={"seed": 0}, commands={"go on": "train"})
print(history.history["generator_loss"][0], gan.evaluate(dataset, verbose=0)["generator_loss"])

images = gan.generate(16, seed=0)
print(images.shape, images.mean() + 1, gan.score(images).max(), gan.generate_best(2, out_of=4))
print(gan.sample_latents(4), gan.generate(latents=np.zeros((2, 8))))
path = gankit.save_grid(images, "digits.png", columns=4)
print(path.parent / "other.png", gankit.make_grid(images).shape)


def brighter(real: metrics.Features, fake: metrics.Features) -> float:
    return float(fake.values.mean() - real.values.mean())


pixels = keras.Sequential([keras.Input((16, 16, 1)), keras.layers.Flatten()])
features = metrics.extract(images, pixels, verbose=0)
values = metrics.measure(features, features, ["kid", brighter])
print(values["kid"] + 1, metrics.precision_recall(features.values, features).recall)
found = latents.edit(gan, np.zeros((1, 8)), [latents.Pixels([1.0], np.ones((16, 16)))], steps=1)
print(found.costs.sum())

gan.save("digits.keras")
loaded = gankit.load("digits.keras")
print(loaded.generate(1, condition=None).shape)
bright = BrightGAN(
    generator, discriminator, brightness=0.5, discriminator_steps=1, latent_prior=Positive()
)
bright.compile(optimizers={"generator": "adam"})
bright.train_on_batch(images)
"""

# Each line with a mark is wrong, the others are not.
WRONG = """
from pathlib import Path

import gankit
from gankit import architectures, augment, callbacks, data, latents, losses, metrics, penalties

digits, labels = data.sample_digits()
data.from_arrays(digits, batch_size="64")  # wrong
data.from_arrays(digits)  # wrong
data.from_arrays(digits, batch_size=64, image_size=64)  # wrong
data.from_directory(Path("photos"), batch_size=64, image_size=(64, 64), color_mode="gray")  # wrong
data.from_directory(1, batch_size=64, image_size=(64, 64))  # wrong
data.from_arrays(digits, batch_size=64, flip=True)  # wrong
data.load_mnist(split="validation")  # wrong
dataset = data.from_arrays(digits, batch_size=64)

generator = architectures.dcgan.build_generator(28, latent_dim=100)  # wrong
generator = architectures.mlp.build_generator((28, 28, 1), hidden_units=100)  # wrong
generator = architectures.dcgan.build_generator((28, 28, 1), latents=100)  # wrong
generator = architectures.dcgan.build_generator((28, 28, 1))
discriminator = architectures.dcgan.build_discriminator((28, 28, 1))

losses.NonSaturating(label_smoothing="0.1")  # wrong
losses.get(None)  # wrong
penalties.R1(10.0, every=0.5)  # wrong
penalties.R1(10.0) + 1  # wrong
augment.DiffAugment(["colour"])  # wrong
gankit.GAN(generator, discriminator, latent_prior=1)  # wrong
gankit.GAN(generator, discriminator, value_range=(0, 1, 2))  # wrong
gankit.OnePassGAN(generator, discriminator, share_fakes="no")  # wrong
gankit.WGAN(generator, discriminator, clip="0.01")  # wrong
gankit.LAPGAN([generator, 1])  # wrong
gan = gankit.GAN(generator, discriminator)
gan.compile(loss=1.0)  # wrong
gan.compile(penalty=1.0)  # wrong
gan.compile(optimizers="adam")  # wrong
gan.fit(dataset, epochs="80")  # wrong
gan.fit(dataset, callbacks=callbacks.StopAfter(60), verbose="loud")  # wrong
gan.generate("64")  # wrong
gan.generate(64, seed="0")  # wrong
gan.generate_best(64)  # wrong
gan.generate(64).save("digits.png")  # wrong
gankit.save_grid(gan.generate(64), "digits.png", 8)  # wrong
gankit.save_grid(gan.generate(64), "digits.png", value_range=1)  # wrong
latents.interpolate([0.0], [1.0], method="cubic")  # wrong
metrics.measure(digits, digits, 1)  # wrong
metrics.frechet_distance(digits, digits).mean  # wrong
callbacks.SampleGrid("samples", every="batch")  # wrong
callbacks.StopAfter("60")  # wrong
gan.history_of_losses.append(gan.unknown)


class Reversed(gankit.GAN):
    default_loss = 1  # wrong

    def generate(self, num_images: str) -> str:  # wrong
        return ""

    def discriminator_losses(self, real: int, fake: int) -> dict[str, int]:  # wrong
        return {}


class Odd(losses.Loss):
    def generator(self, fake_scores: int) -> int:  # wrong
        return fake_scores
"""


def public_objects(module):
    """Yields all that a module, and the modules in it, name in ``__all__`` or define."""
    for name in getattr(module, "__all__", None) or list(vars(module)):
        thing = getattr(module, name)
        if inspect.ismodule(thing) and hasattr(module, "__all__"):
            yield from public_objects(thing)
        elif not name.startswith("_") and getattr(thing, "__module__", "").startswith("gankit"):
            yield thing


def functions_of(thing):
    """Yields the functions of gankit that a function or a class brings, inherited ones too."""
    if inspect.isfunction(thing):
        yield thing
    for base in getattr(thing, "__mro__", ()):
        for name, member in vars(base).items():
            member = getattr(member, "fget", None) or getattr(member, "__func__", member)
            public = name.endswith("__") or not name.startswith("_")
            if inspect.isfunction(member) and public and not is_generated(member):
                yield member


def is_generated(function):
    """Returns whether ``dataclasses`` has written a function; type checkers know these."""
    return hasattr(function, "__wrapped__") or function.__code__.co_filename == "<string>"


def missing_annotations(function):
    signature = inspect.signature(function)
    for name, parameter in signature.parameters.items():
        if parameter.annotation is parameter.empty and name not in ("self", "cls"):
            yield f"{function.__module__}.{function.__qualname__}({name})"
    if signature.return_annotation is signature.empty and function.__name__ != "__init__":
        yield f"{function.__module__}.{function.__qualname__} ->"


def test_all_that_is_public_is_annotated():
    things = [*public_objects(gankit), *public_objects(extractors)]
    functions = {function for thing in things for function in functions_of(thing)}
    own = [function for function in functions if function.__module__.startswith("gankit")]
    assert len(own) > 300
    assert not sorted(missing for function in own for missing in missing_annotations(function))


def test_mypy_tells_right_calls_from_wrong_ones(tmp_path):
    """And a whole script of a user's passes ``mypy --strict``."""
    pytest.importorskip("mypy")
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    script = Path(__file__).with_name("typed_user_code.py")
    options = ["--cache-dir=cache", "--ignore-missing-imports", "--follow-imports=silent"]
    finished = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *options, "right.py", "wrong.py", script],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": str(Path(gankit.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    found = re.findall(r"^(?:.*/)?(\w+\.py):(\d+): error", finished.stdout, re.MULTILINE)
    lines = enumerate(WRONG.splitlines(), start=1)
    expected = {("wrong.py", str(number)) for number, line in lines if "# wrong" in line}
    assert set(found) == expected, finished.stdout + finished.stderr
