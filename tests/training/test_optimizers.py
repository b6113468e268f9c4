"""Parts of one network learn at rates of their own, and all else is as with one optimizer."""

import keras
import numpy as np
import pytest
from helpers import (
    IMAGE_SHAPE,
    LATENT_DIM,
    all_state,
    assert_same_state,
    make_dataset,
    make_images,
    make_plain_networks,
    values,
)
from keras import layers
from keras.optimizers import SGD, Adam

import gankit
from gankit.training.optimizers import ByPart
from gankit.training.position import follows_schedule


def make_variable(layer, *value):
    with keras.name_scope(layer):
        return keras.Variable(np.array(value, "float32"), name="kernel")


def make_generator(functional=False):
    latents = keras.Input((LATENT_DIM,))
    if functional:
        mapping = keras.Model(latents, layers.Dense(4)(latents), name="mapping")
    else:
        mapping = keras.Sequential([latents, layers.Dense(4)], name="mapping")
    latents = keras.Input((LATENT_DIM,), name="latents")
    x = layers.Dense(8, name="inner")(mapping(latents))
    images = layers.Reshape(IMAGE_SHAPE)(layers.Dense(64, "tanh", name="synthesis")(x))
    return keras.Model(latents, images, name="generator")


def make_gan(optimizer, functional=False, **options):
    gan = gankit.GAN(
        make_generator(functional), make_plain_networks()[1], generator_ema=None, seed=0
    )
    gan.compile(generator_optimizer=optimizer, penalty=None, **options)
    return gan


def test_each_part_learns_at_its_own_rate():
    mapping, synthesis = make_variable("mapping", 1.0, 2.0), make_variable("synthesis", 3.0)
    optimizer = ByPart(SGD(0.5), {"mapping": SGD(0.01)})
    optimizer.build([mapping, synthesis])
    for _ in range(2):
        optimizer.apply([np.float32([10, -10]), np.float32([4])], [mapping, synthesis])
    np.testing.assert_allclose(mapping, [0.8, 2.2], rtol=1e-6)  # twice 0.01 * 10
    np.testing.assert_allclose(synthesis, [-1], rtol=1e-6)  # twice 0.5 * 4
    assert int(optimizer.iterations) == 2
    assert float(optimizer.learning_rate) == 0.5


def test_the_first_part_in_the_path_has_a_variable():
    with keras.name_scope("outer"):
        both, one = make_variable("inner", 0.0), make_variable("other", 0.0)
    similar = make_variable("outer_inner", 0.0)
    variables = [similar, one, both]
    optimizer = ByPart(SGD(1.0), {"inner": SGD(2.0), "outer": SGD(3.0)})
    optimizer.apply([np.float32([1])] * 3, variables)
    assert [float(variable[0]) for variable in variables] == [-1, -3, -2]


def test_gradients_are_clipped_for_each_part():
    mapping, synthesis = make_variable("mapping", 0.0, 0.0), make_variable("synthesis", 0.0, 0.0)
    optimizer = ByPart(SGD(1.0), {"mapping": SGD(1.0, clipnorm=1.0)})
    optimizer.apply([np.float32([3, 4])] * 2, [mapping, synthesis])
    np.testing.assert_allclose(mapping, [-0.6, -0.8], rtol=1e-6)  # 5 long, clipped to 1
    np.testing.assert_allclose(synthesis, [-3, -4], rtol=1e-6)


def test_a_part_may_gather_gradients():
    mapping, synthesis = make_variable("mapping", 0.0), make_variable("synthesis", 0.0)
    optimizer = ByPart(SGD(1.0), {"mapping": SGD(1.0, gradient_accumulation_steps=2)})
    seen = []
    for gradient in (1, 3):
        optimizer.apply([np.float32([gradient])] * 2, [mapping, synthesis])
        seen.append((float(mapping[0]), float(synthesis[0])))
    assert seen == [(0, -1), (-2, -4)]  # the mean of 1 and 3, once
    assert int(optimizer.iterations) == 2


def test_gradients_that_are_missing():
    mapping, synthesis = make_variable("mapping", 1.0), make_variable("synthesis", 1.0)
    optimizer = ByPart(SGD(0.5), {"mapping": SGD(0.5)})
    with pytest.warns(UserWarning, match="no gradients for a whole part.*mapping/kernel"):
        optimizer.apply([None, np.float32([1])], [mapping, synthesis])
    assert (float(mapping[0]), float(synthesis[0])) == (1, 0.5)
    assert int(optimizer.iterations) == 1
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply([None, None], [mapping, synthesis])


def test_a_missing_gradient_leaves_the_rest_of_its_part():
    variables = [make_variable("mapping", 1.0), make_variable("mapping", 1.0)]
    optimizer = ByPart(SGD(0.5), {"mapping": SGD(0.5)})
    optimizer.build(variables)
    with pytest.warns(UserWarning, match="Gradients do not exist for variables"):
        optimizer.apply([None, np.float32([1])], variables)
    assert [float(variable[0]) for variable in variables] == [1, 0.5]


def test_a_part_that_is_not_there():
    optimizer = ByPart("sgd", {"maping": "sgd"})
    with pytest.raises(ValueError, match="No variable belongs to the part 'maping'") as caught:
        make_gan(optimizer)
    assert "there are ['generator', 'mapping', 'dense', 'inner', 'synthesis']" in str(caught.value)
    assert "Did you mean 'mapping'?" in str(caught.value)


def test_optimizers_that_cannot_share_a_phase():
    one = SGD(0.1)
    with pytest.raises(ValueError, match="Two parts have the same optimizer"):
        ByPart(one, {"mapping": one})
    with pytest.raises(ValueError, match="can't scale the loss"):
        ByPart(SGD(0.1), {"mapping": SGD(0.1, loss_scale_factor=8.0)})
    with pytest.raises(ValueError, match="can't scale the loss"):
        ByPart(keras.optimizers.LossScaleOptimizer(SGD(0.1)), {})
    one.build([make_variable("mapping", 1.0)])
    with pytest.raises(ValueError, match="has trained other variables before"):
        ByPart(one, {})


def test_equal_parts_train_as_one_optimizer_does():
    gans = []
    for optimizer in (Adam(0.01), ByPart(Adam(0.01), {"mapping": Adam(0.01)})):
        keras.utils.set_random_seed(0)
        gans.append(make_gan(optimizer))
        gans[-1].fit(make_dataset(), epochs=1, verbose=0)
    for one, other in zip(*(values(gan.generator) for gan in gans), strict=True):
        np.testing.assert_array_equal(one, other)
    assert int(gans[1].optimizer.iterations) == 4


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("functional", [True, False])
def test_saving_and_going_on(functional, policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    parts = {"mapping": Adam(1e-4, amsgrad=True), "bias": "sgd"}
    gan = make_gan(ByPart(Adam(0.01), parts), functional)
    gan.fit(make_dataset(), epochs=1, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert_same_state(gan, loaded)
    names = {slot.path.split("_")[-1] for slot in gan.generator_optimizer.variables}
    assert {"momentum", "velocity", "hat"} <= names
    for one in (gan, loaded):
        one.fit(make_dataset(), epochs=1, verbose=0)
    assert_same_state(gan, loaded)
    assert int(loaded.optimizer.iterations) == 8


def test_weights_files_hold_all_slots(tmp_path):
    gan = make_gan(ByPart(Adam(0.01), {"mapping": Adam(1e-4)}))
    gan.fit(make_dataset(), epochs=1, verbose=0)
    gan.save_weights(tmp_path / "gan.weights.h5")
    other = make_gan(ByPart(Adam(0.01), {"mapping": Adam(1e-4)}))
    other.load_weights(tmp_path / "gan.weights.h5")
    state, loaded = all_state(gan), all_state(other)
    for name in state:
        if name.startswith("optimizer_0"):
            np.testing.assert_array_equal(loaded[name], state[name])


def test_a_scaled_loss_changes_nothing():
    keras.config.set_dtype_policy("mixed_float16")
    gan = make_gan(ByPart(SGD(0.5), {"mapping": SGD(0.25)}))
    assert isinstance(gan.generator_optimizer, keras.optimizers.LossScaleOptimizer)
    mapping, synthesis = make_variable("mapping", 1.0), make_variable("synthesis", 1.0)
    scaled = keras.optimizers.LossScaleOptimizer(
        ByPart(SGD(0.5), {"mapping": SGD(0.25)}), initial_scale=8.0
    )
    scaled.build([mapping, synthesis])
    scaled.apply([np.float32([8]), np.float32([8])], [mapping, synthesis])
    assert (float(mapping[0]), float(synthesis[0])) == (0.75, 0.5)
    assert int(scaled.iterations) == 1
    scaled.apply([np.float32([np.inf]), np.float32([8])], [mapping, synthesis])
    assert (float(mapping[0]), float(synthesis[0])) == (0.75, 0.5)


def test_configurations():
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.1, 1, 1.0)
    optimizer = ByPart(Adam(0.5, clipnorm=2.0), {"b": SGD(schedule), "a": SGD(0.25)}, name="both")
    copy = ByPart.from_config(optimizer.get_config())
    assert copy.get_config() == optimizer.get_config()
    assert list(copy.parts) == ["b", "a"]
    assert copy.name == "both"
    assert copy.optimizer.clipnorm == 2
    assert not follows_schedule(copy)
    assert follows_schedule(keras.optimizers.LossScaleOptimizer(ByPart(SGD(schedule), {})))


def test_rates_that_are_set_keep_their_proportion():
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.125, 1, 1.0)
    optimizer = ByPart(SGD(0.5), {"mapping": SGD(0.125), "other": SGD(schedule)})
    for rate, expected in ((0.0, 0.0), (1.0, 0.25), (0.5, 0.125)):
        optimizer.learning_rate = rate
        assert float(optimizer.learning_rate) == rate
        assert float(optimizer.parts["mapping"].learning_rate) == expected
    assert float(optimizer.parts["other"].learning_rate) == 0.125


def test_the_proportion_of_rates_outlives_a_warm_up_in_files():
    optimizer = ByPart(SGD(0.5), {"mapping": SGD(0.125)})
    optimizer.learning_rate = 0.0
    copy = ByPart.from_config(optimizer.get_config())
    copy.learning_rate = 1.0
    assert float(copy.parts["mapping"].learning_rate) == 0.25


def test_a_learning_rate_scheduler_moves_all_parts():
    gan = make_gan(ByPart(SGD(0.5), {"mapping": SGD(0.125)}))
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    gan.fit(make_dataset(), epochs=2, verbose=0, callbacks=[halve])
    assert float(gan.generator_optimizer.learning_rate) == 0.125
    assert float(gan.generator_optimizer.parts["mapping"].learning_rate) == 0.03125


def test_a_part_of_its_own_average_is_finalized():
    average = SGD(1.0, use_ema=True, ema_momentum=0.5)
    mapping, synthesis = make_variable("mapping", 0.0), make_variable("synthesis", 0.0)
    variables = [synthesis, mapping]
    optimizer = ByPart(SGD(1.0), {"mapping": average})
    for _ in range(2):
        optimizer.apply([np.float32([1])] * 2, variables)
    optimizer.finalize_variable_values(variables)
    # Keras begins with the value after the first step, -1: 0.5 * -1 + 0.5 * -2.
    assert (float(mapping[0]), float(synthesis[0])) == (-1.5, -2)


def test_what_stays_is_remembered_when_networks_grow():
    gan = make_gan(ByPart(Adam(0.01), {"mapping": Adam(1e-4)}))
    gan.fit(make_images(16), batch_size=4, verbose=0)
    before = gan.generator_optimizer
    latents = keras.Input((LATENT_DIM,), name="latents")
    x = layers.Dense(8, name="new")(gan.generator.get_layer("mapping")(latents))
    x = gan.generator.get_layer("synthesis")(x)
    gan.replace_networks(keras.Model(latents, layers.Reshape(IMAGE_SHAPE)(x)), gan.discriminator)
    after = gan.generator_optimizer
    assert after is not before
    assert int(after.iterations) == 4
    rates = [float(one.learning_rate) for one in after.optimizers()]
    np.testing.assert_allclose(rates, [0.01, 1e-4], rtol=1e-6)
    for one, other in zip(before.optimizers(), after.optimizers(), strict=True):
        kept = {v.path.split("/")[-1]: np.array(v) for v in one.variables}
        for slot in other.variables:
            name = slot.path.split("/")[-1]
            if name.startswith("new_"):
                np.testing.assert_array_equal(slot, 0)
            else:
                np.testing.assert_array_equal(slot, kept[name])


def test_a_phase_may_gather_gradients():
    """Half batches, two for each update, train a discriminator as whole ones do."""
    images, gans = make_images(16), []
    for steps, batch_size in ((None, 8), (2, 4)):
        keras.utils.set_random_seed(0)
        slow = SGD(0.5, gradient_accumulation_steps=steps)
        gan = make_gan(SGD(0.0), discriminator_optimizer=slow)
        gan.generator.set_weights([np.zeros_like(w) for w in gan.generator.get_weights()])
        start = values(gan.discriminator)
        if steps:
            gan.train_on_batch(images[:batch_size])
            for one, other in zip(start, values(gan.discriminator), strict=True):
                np.testing.assert_array_equal(one, other)
            gan.train_on_batch(images[batch_size : 2 * batch_size])
        else:
            gan.train_on_batch(images[:batch_size])
        gans.append(gan)
    for one, other, then in zip(*(values(gan.discriminator) for gan in gans), start, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
        assert np.abs(one - then).max() > 1e-4
    assert [int(gan.steps_completed) for gan in gans] == [1, 2]
