"""Ways to use a trained GAN: images, scores, and files."""

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from gankit import differentiation, priors
from gankit.checks import check_at_least_one, check_choice
from gankit.configured import Configured
from gankit.files import write_whole
from gankit.training.averages import average_of
from gankit.training.batch import Batch, in_float32, map_tensors
from gankit.training.exporting import export
from gankit.training.inputs import Inputs, standardize
from gankit.training.random import choose_stream, find_seed_states, reseeded, seed_of_part
from gankit.typing import Config, Number, PathLike, Seed, Structure, Tensor, ValueRange
from gankit.version import __version__


class Sampling(Configured, keras.Model):
    """The part of a GAN that generates images, scores them, and handles files.

    Examples:
        >>> gan.generate(4, condition=3, seed=0).shape
        (4, 28, 28, 1)
        >>> gan.latent_dim
        32
    """

    generator: keras.Model
    discriminator: keras.Model
    generator_inputs: Inputs
    discriminator_inputs: Inputs
    latent_dim: int | None
    latent_prior: priors.Prior
    value_range: ValueRange | None
    generator_ema: Number | None
    training_seed: keras.random.SeedGenerator
    sampling_seed: keras.random.SeedGenerator
    ema_generator: keras.Model | None
    retired: frozenset[int] = frozenset()  # ids of variables of networks that were replaced
    running: threading.local

    def discriminate(self, batch: Batch) -> Batch:
        """Returns the batch with its scores and heads."""
        raise NotImplementedError

    def shown_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the shape in which the discriminator sees images of ``shape``.

        Both exclude the batch axis. A variant whose ``shown`` changes shapes overrides this.
        """
        return shape

    def sides(self) -> dict[str, list[keras.Model]]:
        """Returns the networks of each phase by its name."""
        raise NotImplementedError

    @property
    def in_training(self) -> bool | None:
        """Whether the current step is a training step; None outside of steps."""
        return getattr(self.running, "training", None)

    @contextlib.contextmanager
    def step(self, training: bool) -> Iterator[None]:
        """Runs networks as in a training step, or as in a step of ``evaluate``."""
        before, self.running.training = self.in_training, training
        try:
            yield
        finally:
            self.running.training = before

    # Averages

    def create_averages(self, means: Mapping[int, np.ndarray] = {}) -> None:
        """Creates an average of each network of the generator's side, called ``ema_...``.

        The constructor can't do this, since a variant sets its own networks only after
        ``super().__init__``. So ``compile`` and the loading of files do it.

        Args:
            means: initial values of averages, by the id of the averaged weight; by default, the
                weight's value.
        """
        if self.generator_ema is None:
            return
        names = self.average_names()
        for network in self.generator_networks():
            name = names[id(network)]
            if getattr(self, name, None) is not None:
                continue
            average = average_of(network)
            for mean, weight in zip(average.weights, network.weights, strict=True):
                mean.assign(means.get(id(weight), mean))
            setattr(self, name, average)

    def retire(self, networks: Iterable[keras.Model]) -> None:
        """Forgets networks that are no longer used; layers shared with others stay."""
        for network in networks:
            self.retired |= {id(variable) for variable in network.variables}
            for name in self.names_of(network):
                delattr(self, name)

    def seed_states(self) -> list[keras.Variable]:
        """Returns the states of all random number generators of the GAN, in order."""
        networks = self.all_networks()
        current = {
            id(variable)
            for network in [*networks, *map(self.averaged, networks)]
            for variable in network.variables
        }
        retired = self.retired - current
        return [state for state in find_seed_states(self) if id(state) not in retired]

    def all_networks(self) -> list[keras.Model]:
        """Returns the networks of all phases, in the order of ``sides``."""
        return [network for side in self.sides().values() for network in side]

    def generator_networks(self) -> list[keras.Model]:
        """Returns the networks of all phases but the discriminator's."""
        sides = self.sides().items()
        return [network for name, side in sides if name != "discriminator" for network in side]

    def average_names(self) -> dict[int, str]:
        """Returns what the attribute for a network's average is called, by the network's id.

        A network that is in a list rather than in an attribute is named after its phase and its
        place there, since several networks may have the same Keras name.
        """
        names = {}
        for phase, networks in self.sides().items():
            for place, network in enumerate(networks if phase != "discriminator" else ()):
                held = self.names_of(network) or [f"{phase}_{place}"]
                names[id(network)] = f"ema_{held[0]}"
        return names

    def names_of(self, network: keras.Model) -> list[str]:
        """Returns the names of the attributes that hold a network."""
        attributes = differentiation.attributes(self).items()
        return [name for name, value in attributes if value is network]

    def averaged(self, network: keras.Model) -> keras.Model:
        """Returns the average of a network, or the network itself if it has none."""
        return getattr(self, self.average_names().get(id(network), ""), None) or network

    def restart_average(self, network: keras.Model) -> None:
        """Has the average of a network, if there is one, begin with its present weights."""
        average = self.averaged(network)
        if average is not network:
            average.set_weights(network.get_weights())

    def run(self, network: keras.Model, inputs: Structure) -> Structure:
        """Returns a network's outputs in float32.

        In a training step, it runs in training mode. In ``evaluate`` and outside of steps, its
        average, or the network itself if it has none, runs in inference mode.
        """
        network = network if self.in_training else self.averaged(network)
        return in_float32(network(inputs, training=bool(self.in_training)))

    # Inputs of the generator

    def sample_latents(self, num_images: int | Tensor, seed: Seed = None) -> Structure:
        """Returns latents for one run of the generator, or None if it takes none.

        A generator with several inputs for latents gets a dict of them, by name; an input that
        feeds an embedding gets random classes.

        Args:
            num_images: int, or an int32 scalar tensor.
            seed: an int or a ``keras.random.SeedGenerator``; None draws from training's stream.
        """
        seed = self.training_seed if seed is None else seed
        drawn = {}
        for place, one in enumerate(self.generator_inputs.of("latents")):
            shape, own = (num_images, *one.shape), seed_of_part(seed, place)
            if one.num_classes is not None:
                drawn[one.name] = keras.random.randint(shape, 0, one.num_classes, seed=own)
            else:
                drawn[one.name] = self.latent_prior.sample(shape, own)
        return drawn if len(drawn) > 1 else next(iter(drawn.values()), None)

    def needs_condition(self) -> bool:
        """Returns whether the condition comes from the data; False if the variant draws it."""
        return True

    def sample_condition(
        self, real: Batch | None = None, num_images: int | None = None, seed: Seed = None
    ) -> Structure:
        """Returns the generator's condition if none is given: here, that of ``real`` images.

        A variant that draws conditions itself draws ``num_images`` of them if ``real`` is None.
        """
        if real is not None:
            return real.condition
        if self.generator_inputs.of("condition"):
            raise ValueError(
                "This generator takes a condition, a row for each image or one for all: pass "
                "condition=..., or --condition in a shell."
            )
        return None

    # Images and scores

    def call(self, inputs: Structure, training: bool = False) -> Tensor:
        """Returns the generator's images, so that ``predict`` works, too.

        Args:
            inputs: what the generator takes: latents of shape ``(batch, latent_dim)``, or latents
                and condition in the generator's own structure.
            training: whether in training mode.
        """
        network = self.generator if training else self.averaged(self.generator)
        return network(inputs, training=training)

    def generate(
        self,
        num_images: int | None = None,
        condition: Structure = None,
        latents: ArrayLike | Structure = None,
        seed: int | None = None,
        batch_size: int = 256,
        ema: bool = True,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Returns new images.

        Args:
            num_images: how many; may be left out if ``latents`` or ``condition`` has a row for
                each.
            condition: the generator's condition, a row for each image, e.g. ``[7, 1, 7]``, or one
                row for all of them, e.g. ``7``.
            latents: ``(num_images, latent_dim)``; by default drawn from ``latent_prior``.
            seed: integer, for the same images each time; None uses a separate random stream, so
                that training is not affected.
            batch_size: images per pass; affects only memory and speed.
            ema: whether to use the average generator, ``ema_generator``, if there is one.
            truncation: lower values give more typical but less varied images; see ``truncate``.
                None leaves latents as they are drawn.

        Returns:
            float32 of shape ``(num_images, height, width, channels)``, within ``value_range`` where
            the GAN has one.

        Raises:
            ValueError: numbers or shapes that don't fit.

        Examples:
            >>> gan.generate(condition=[7, 1, 7], seed=0).shape
            (3, 28, 28, 1)
            >>> sevens = gan.generate(4, condition=7, truncation=0.7)
            >>> float(sevens.min()) >= -1 and float(sevens.max()) <= 1
            True
        """
        if latents is not None:
            latents = self.generator_inputs.check_latents(latents)
        if num_images is not None:
            check_at_least_one("num_images", num_images)
        elif latents is not None:
            num_images = count_images(None, latents=latents)
        condition = self.check_given(condition, num_images)
        num_images = count_images(num_images, condition=condition, latents=latents)
        check_at_least_one("batch_size", batch_size)
        stream = choose_stream(seed, self.sampling_seed)
        if latents is None:
            latents = self.sample_latents(num_images, seed=stream)
        if condition is None:
            condition = self.sample_condition(num_images=num_images, seed=stream)
        condition = map_tensors(self.standardize, condition)
        network = self.averaged(self.generator) if ema else self.generator
        if truncation is None:
            inputs = self.generator_inputs.match(latents=latents, condition=condition)
        else:
            network, inputs = self.truncate(network, latents, condition, truncation, seed)
        with reseeded(network, stream):
            return self.within_range(predict(network, inputs, batch_size))

    def truncate(
        self,
        network: keras.Model,
        latents: Structure,
        condition: Structure,
        truncation: float,
        seed: int | None,
    ) -> tuple[keras.Model, Structure]:
        """Returns a network and inputs for it that make more typical images.

        Here, values of normal latents beyond ``truncation`` are redrawn, see
        ``gankit.latents.truncate``. A variant may do this in a better way.
        """
        if latents is None or isinstance(latents, dict):
            raise ValueError(
                "Truncation is for generators with one input for latents, which this one has not: "
                "leave it out."
            )
        latents = self.latent_prior.truncate(latents, truncation, seed)
        return network, self.generator_inputs.match(latents=latents, condition=condition)

    def within_range(self, images: Structure) -> Structure:
        """Returns images without values beyond ``value_range``, if there is one.

        A generator that doesn't end in tanh may produce some.
        """
        if self.value_range is None:
            return images
        return keras.tree.map_structure(lambda part: np.clip(part, *self.value_range), images)

    def score(
        self,
        images: ArrayLike | Structure,
        condition: Structure = None,
        batch_size: int = 256,
        training: bool | None = None,
    ) -> Any:
        """Returns the discriminator's scores of images: float32 of shape ``(n,)``.

        A higher score means more real. If the discriminator scores patches, this is their mean. One
        row of a condition, such as a class, applies to all images.

        Within a step, in a hook such as ``generator_losses``, images and scores are tensors, and
        the scores keep the shape of the discriminator's output. The discriminator then runs in
        training mode in ``fit``, and in inference mode in ``evaluate``, which changes no state;
        ``training`` overrides this.

        Examples:
            >>> gan.score(images[:3], condition=labels[:3]).shape
            (3,)
        """
        if self.in_training is not None:
            with self.step(self.in_training if training is None else training):
                return self.discriminate(Batch(images, condition)).scores
        check_at_least_one("batch_size", batch_size)
        images = as_rows(images)
        self.discriminator_inputs.check_images(images, self.value_range, self.shown_shape)
        if condition is not None:
            number = count_images(None, images=images)
            condition = self.discriminator_inputs.as_rows(as_arrays(condition), number)
            self.discriminator_inputs.check_condition(condition, self.value_range)
            count_images(None, images=images, condition=condition)
        return self.score_rows(images, condition, batch_size)

    def score_rows(
        self, images: Structure, condition: Structure = None, batch_size: int = 256
    ) -> np.ndarray:
        """Returns the mean score of each image, without checking the input."""
        batch, scores = Batch(images, condition), []
        for start in range(0, count_images(None, images=images), batch_size):
            rows = batch.rows(slice(start, start + batch_size)).map(self.standardize)
            parts = keras.tree.flatten(self.discriminate(rows).scores)
            parts = map(ops.convert_to_numpy, parts)
            means = [part.reshape(len(part), -1).mean(axis=1) for part in parts]
            scores.append(np.mean(means, axis=0) if len(means) > 1 else means[0])
        return np.concatenate(scores)

    def generate_best(
        self, num_images: int, out_of: int, condition: Structure = None, seed: int | None = None
    ) -> np.ndarray:
        """Returns the images that the discriminator finds most real, best first.

        Args:
            num_images: how many to return.
            out_of: how many to make and score.
            condition: the generator's condition, ``num_images`` rows, or one for all of them. Each
                row then gets ``out_of / num_images`` candidates, of which the best is kept, in the
                rows' order.
            seed: integer, see ``generate``.

        Returns:
            float32 of shape ``(num_images, height, width, channels)``, see ``generate``.

        Raises:
            ValueError: ``out_of`` is below ``num_images`` or, with a condition, not a multiple of
                it.

        Examples:
            >>> gan.generate_best(4, out_of=64, condition=7, seed=0).shape
            (4, 28, 28, 1)
        """
        check_at_least_one("num_images", num_images)
        check_at_least_one("out_of", out_of)
        if out_of < num_images:
            raise ValueError(f"out_of={out_of} must be at least num_images={num_images}.")
        if condition is None:
            stream = choose_stream(seed, self.sampling_seed)
            latents = self.sample_latents(out_of, seed=stream)
            invented = self.sample_condition(num_images=out_of, seed=stream)
            candidates = self.generate(out_of, invented, latents)
            order = np.argsort(-self.score_rows(candidates, invented), kind="stable")
            return take_rows(candidates, order[:num_images])
        if out_of % num_images:
            raise ValueError(
                f"With a condition, out_of={out_of} must be a multiple of num_images={num_images}: "
                "each row of the condition gets the same number of candidates."
            )
        repeats = out_of // num_images
        condition = keras.tree.map_structure(
            lambda rows: np.repeat(rows, repeats, axis=0), self.check_given(condition, num_images)
        )
        candidates = self.generate(out_of, condition=condition, seed=seed)
        scores = self.score_rows(candidates, condition).reshape(num_images, repeats)
        best = np.arange(num_images) * repeats + scores.argmax(axis=1)
        return take_rows(candidates, best)

    def standardize(self, tensor: Tensor) -> Tensor:
        """Returns images or a part of a condition as the networks take them, see ``inputs``."""
        return standardize(tensor, self.value_range)

    def check_given(self, condition: Structure, num_images: int | None = None) -> Structure:
        """Returns a condition as rows, or None, or says why the generator can't take it.

        One row is repeated for all ``num_images``, if that number is known.
        """
        if condition is None:
            return None
        if not self.generator_inputs.of("condition"):
            raise ValueError("This generator takes no condition: leave it out.")
        condition = self.generator_inputs.as_rows(as_arrays(condition), num_images)
        self.generator_inputs.check_condition(condition, self.value_range)
        return condition

    # Files

    def export(
        self, filepath: PathLike, format: str = "savedmodel", network: str = "generator"
    ) -> float | None:
        """Writes one network for programs without gankit, runs the file, and compares.

        For the generator, this is the averaged network, if there is one. The exported network
        computes in float32, takes batches of any size, and keeps the names of its inputs.

        Args:
            filepath: of the file, or of SavedModel's folder.
            format: ``"keras"``, which Keras loads without gankit; ``"savedmodel"``, TensorFlow's;
                ``"onnx"``; ``"tflite"``; or ``"npz"``, the weights alone, by name.
            network: ``"generator"``, ``"discriminator"``, or a variant's attribute that is a
                network, such as ``"inverse_generator"`` of a ``CycleGAN``.

        Returns:
            The largest difference between the file's outputs and the network's on random inputs, as
            a share of the largest output; None if a package that runs the file, such as
            onnxruntime, is missing.

        Raises:
            ValueError: an unknown format or network, or a path whose ending doesn't fit the format.
            FileExistsError: there is a folder of that name.
            ImportError: a package that writes the format is missing.
            gankit.ExportError: the format can't hold this network, or the outputs differ by more
                than 1e-4. Nothing is written then.

        Examples:
            >>> gan.export("generator.npz", format="npz")
            0.0
            >>> sorted(np.load("generator.npz"))[:2]
            ['batch_normalization/beta', 'batch_normalization/gamma']
        """
        networks = {name: one for one in self.all_networks() for name in self.names_of(one)}
        check_choice("network", network, networks)
        return export(self.averaged(networks[network]), filepath, format)

    @classmethod
    def from_config(cls, config: Config, custom_objects: dict[str, Any] | None = None) -> Self:
        """Returns the GAN that ``get_config`` describes; networks in it may be serialized."""
        if config.get("one_pass"):
            raise ValueError(
                "This file is gankit 0.1's, with one_pass=True. Load it there, build a "
                "gankit.OnePassGAN of its networks here, and save that."
            )
        current = {name: value for name, value in config.items() if name != "one_pass"}
        return super().from_config(current, custom_objects)

    def get_build_config(self) -> Config:
        """Returns gankit's version; a GAN is built from its constructor's arguments."""
        return {"gankit_version": __version__}

    def save(
        self, filepath: PathLike, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
    ) -> None:
        """Saves the GAN: networks, averages, optimizers, random states, and where training is.

        Keras writes into the file itself. Here a file beside it is written first, so that the old
        one survives whatever happens meanwhile: a full disk, an error, a ``kill -9``.

        Args:
            filepath: of the file, which ends in ``.keras``.
            overwrite: False asks before a file is replaced.
            zipped: see ``keras.Model.save``.
            **kwargs: see ``keras.Model.save``.

        Examples:
            >>> gan.save("gan.keras")
            >>> gankit.load("gan.keras").latent_dim == gan.latent_dim
            True
        """
        path, save = Path(filepath), super().save
        elsewhere = "://" in str(filepath) or path.suffix != ".keras" or not path.parent.is_dir()
        if elsewhere or zipped is not None or (path.exists() and not overwrite):
            return save(filepath, overwrite, zipped, **kwargs)
        write_whole(path.resolve(), lambda file: save(file, **kwargs))

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Writes what Keras leaves out: the state of every seed generator, dropout's too.

        It also writes the number of averages: a GAN that was never compiled has none.
        """
        super().save_own_variables(store)
        networks = self.generator_networks()
        store["averages"] = np.array(sum(self.averaged(one) is not one for one in networks))
        states = self.seed_states()
        store["seeds"] = np.array([ops.convert_to_numpy(state) for state in states])

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Reads what ``save_own_variables`` has written.

        If the file has averages, creates them first, so that Keras can read them next; nothing else
        creates them in a GAN that isn't compiled.
        """
        names = set(store.keys()) - {"averages", "seeds"}
        if "averages" not in set(store.keys()) or np.array(store["averages"]):
            self.create_averages()
        super().load_own_variables({name: store[name] for name in names})
        seeds, states = np.array(store["seeds"]), self.seed_states()
        if len(seeds) != len(states):
            raise ValueError(
                f"The file holds the state of {len(seeds)} random number generators, but this GAN "
                f"has {len(states)}: its networks consist of other layers."
            )
        for state, seed in zip(states, seeds, strict=True):
            state.assign(seed)


def predict(network: keras.Model, inputs: Structure, batch_size: int) -> Structure:
    """Returns a network's outputs in inference mode as float32 NumPy arrays."""
    inputs = keras.tree.map_structure(ops.convert_to_numpy, inputs)
    number, parts = count_images(None, inputs=inputs), []
    for start in range(0, number, batch_size):
        rows = slice(start, min(start + batch_size, number))
        # Not ``predict``: TensorFlow keeps 17 kB of each of its calls, which also take longer.
        # Each replica makes all rows here, so the first ones are enough.
        outputs = network.predict_on_batch(take_rows(inputs, rows))
        parts.append(take_rows(outputs, slice(rows.stop - rows.start)))
    return keras.tree.map_structure(
        lambda *arrays: np.concatenate(arrays, dtype=np.float32), *parts
    )


def take_rows(images: Structure, indices: np.ndarray | slice) -> Structure:
    """Returns some of the images, in the order of ``indices``."""
    return keras.tree.map_structure(lambda part: part[indices], images)


def as_rows(condition: Structure) -> Structure:
    """Returns a condition as arrays, each with a row for each image."""
    arrays = as_arrays(condition)
    if not all(part.ndim for part in keras.tree.flatten(arrays)):
        raise ValueError(
            f"condition needs a row for each image, e.g. [7, 7, 7], got {condition!r}."
        )
    return arrays


def as_arrays(condition: Structure) -> Structure:
    """Returns a condition as arrays: dicts and tuples hold several, anything else is one."""
    if isinstance(condition, dict):
        return {name: as_arrays(part) for name, part in condition.items()}
    if isinstance(condition, tuple) and any(np.ndim(part) for part in condition):
        return tuple(as_arrays(part) for part in condition)
    return np.asarray(condition)


def count_images(num_images: int | None, **given: Structure) -> int:
    """Returns how many images are asked for, by a number or by the rows of what is given."""
    counts = {"num_images": num_images} if num_images is not None else {}
    for name, structure in given.items():
        parts = [part for part in keras.tree.flatten(structure) if part is not None]
        for place, part in enumerate(parts):
            counts[f"{name}[{place}]" if place else name] = len(part)
    if not counts:
        raise ValueError("Say how many images: num_images=..., or give latents or a condition.")
    if len(set(counts.values())) > 1:
        raise ValueError(f"The numbers of images don't agree: {counts}.")
    name, number = counts.popitem()
    check_at_least_one(name, number)
    return int(number)
