import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from gankit.conversion import to_keras
from gankit.layers import (
    Clip,
    GumbelSoftmax,
    ImagePool,
    PhaseShuffle,
    SelfAttention,
    SpectralNormalization,
    UpsampleConv2D,
    synchronize,
)
from gankit.layers.upsample_conv import fold_axis


def make_pair(kernel_size, scale, input_shape, **options):
    """Returns the layer and the two of Keras that it stands for, with the same weights."""
    layer = UpsampleConv2D(3, kernel_size, scale, bias_initializer="random_normal", **options)
    layer.build(input_shape)
    convolution = keras.layers.Conv2D(3, kernel_size, padding="same", **options)
    plain = keras.Sequential([keras.layers.UpSampling2D(scale), convolution])
    plain.build(input_shape)
    convolution.set_weights(layer.get_weights())
    return layer, plain


def outputs_and_gradients(layer, images):
    images = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = layer(images)
        cost = tf.reduce_sum(tf.sin(outputs))
    return outputs, *tape.gradient(cost, [images, *layer.trainable_weights])


@settings(deadline=None, max_examples=60)
@given(
    kernel_size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    scale=st.integers(2, 5),
    height=st.integers(1, 5),
    width=st.integers(1, 5),
)
def test_is_upsampling_and_convolution(kernel_size, scale, height, width):
    shape = (2, height, width, 2)
    images = np.random.default_rng(0).normal(size=shape).astype("float32")
    layer, plain = make_pair(kernel_size, scale, shape, activation="tanh")
    assert layer.compute_output_shape(shape) == plain.compute_output_shape(shape)
    pairs = zip(
        outputs_and_gradients(layer, images), outputs_and_gradients(plain, images), strict=True
    )
    for one, other in pairs:
        # Rounding is that of sums of values as large as the largest.
        atol = 1e-5 * max(1.0, np.abs(other).max())
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)


def test_folds_by_hand():
    # Upsampled by 2, a pixel is met by the taps 2, 1 and 2, 0 and 1, 0 of four pixels in a row.
    expected = [[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]]
    np.testing.assert_array_equal(fold_axis(3, 2), expected)
    # An even kernel reaches one pixel further back than forward.
    np.testing.assert_array_equal(fold_axis(2, 2), [[0, 1], [1, 1], [1, 0], [0, 0]])


@pytest.mark.parametrize(
    ("kernel_size", "scale", "products"),
    [(5, 2, (36, 100)), (3, 2, (16, 36)), (5, 4, (64, 400)), (4, 2, (36, 64)), (1, 2, (4, 4))],
)
def test_products_that_are_saved(kernel_size, scale, products):
    layer = UpsampleConv2D(3, kernel_size, scale)
    assert layer.products == products
    for fold in layer.folds:  # each tap meets each repetition of some pixel
        np.testing.assert_array_equal(fold.sum(axis=0), np.full(kernel_size, scale))


def test_the_first_weights_are_those_of_a_convolution():
    keras.utils.set_random_seed(1)
    layer = UpsampleConv2D(8, 5)
    layer.build((1, 7, 7, 16))
    keras.utils.set_random_seed(1)
    convolution = keras.layers.Conv2D(8, 5)
    convolution.build((1, 14, 14, 16))
    assert [weight.name for weight in layer.weights] == ["kernel", "bias"]
    np.testing.assert_array_equal(layer.kernel, convolution.kernel)


def test_any_size_of_image_in_a_graph():
    layer, plain = make_pair(3, 2, (None, None, None, 2))
    step = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 2))])
    for shape in ((2, 4, 5, 2), (1, 7, 3, 2)):
        images = np.random.default_rng(0).normal(size=shape).astype("float32")
        np.testing.assert_allclose(step(images), plain(images), atol=1e-5)


def test_saves_and_loads(tmp_path):
    inputs = keras.Input((4, 4, 2))
    outputs = UpsampleConv2D(3, (3, 5), 4, activation="relu", use_bias=False)(inputs)
    model = keras.Model(inputs, outputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(0).normal(size=(1, 4, 4, 2)).astype("float32")
    np.testing.assert_array_equal(model(images), loaded(images))
    assert loaded.layers[1].scale == 4
    assert not loaded.layers[1].use_bias


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    images = np.random.default_rng(0).normal(size=(1, 4, 4, 2)).astype("float32")
    layer = UpsampleConv2D(3, 5, dtype=policy)
    half = np.array(layer(images), "float32")
    assert keras.backend.standardize_dtype(layer(images).dtype) == policy.removeprefix("mixed_")
    whole = UpsampleConv2D(3, 5)
    whole.build(images.shape)
    whole.set_weights(layer.get_weights())
    np.testing.assert_allclose(half, whole(images), atol=0.03)


def test_bad_arguments():
    with pytest.raises(ValueError, match="at least 2, got 1"):
        UpsampleConv2D(3, 5, 1)
    with pytest.raises(TypeError, match="padding"):
        UpsampleConv2D(3, 5, padding="valid")


def effective_kernel(layer, size):
    """Returns the matrix by which a layer without bias multiplies rows of numbers."""
    return np.array(layer(np.eye(size, dtype="float32")))


def test_the_largest_singular_value_is_1():
    layer = SpectralNormalization(keras.layers.Dense(7, use_bias=False), power_iterations=3)
    layer.build((None, 5))
    layer.layer.kernel.assign(np.random.default_rng(0).normal(size=(5, 7)) * 3)
    before = np.array(layer.layer.kernel)
    for _ in range(30):
        layer(np.zeros((1, 5)), training=True)
    np.testing.assert_array_equal(layer.layer.kernel, before)  # never rewritten
    singular = np.linalg.svd(effective_kernel(layer, 5), compute_uv=False)
    np.testing.assert_allclose(singular[0], 1, rtol=0.01)
    expected = before / np.linalg.svd(before, compute_uv=False)[0]
    np.testing.assert_allclose(effective_kernel(layer, 5), expected, rtol=0.01)


def test_gradients_go_through_the_division():
    layer = SpectralNormalization(keras.layers.Dense(4, use_bias=False), power_iterations=50)
    layer.build((None, 3))
    images, kernel = tf.random.normal((6, 3), seed=1), layer.layer.kernel
    with tf.GradientTape(persistent=True) as tape:
        cost = tf.reduce_sum(tf.sin(layer(images)))
        weight = tf.convert_to_tensor(kernel)
        tape.watch(weight)
        whole = tf.reduce_sum(tf.sin(images @ (weight / tf.linalg.svd(weight)[0][0])))
    expected = tape.gradient(whole, weight)
    np.testing.assert_allclose(tape.gradient(cost, kernel.value), expected, atol=1e-4)


def test_the_power_iteration_moves_in_training_only():
    layer = SpectralNormalization(keras.layers.Conv2D(3, 3))
    images = np.ones((1, 4, 4, 2), "float32")
    layer(images)
    vector = np.array(layer.vector)
    layer(images, training=False)
    np.testing.assert_array_equal(layer.vector, vector)
    layer(images, training=True)
    assert not np.array_equal(layer.vector, vector)
    assert [weight.name for weight in layer.trainable_weights] == ["kernel", "bias"]


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_spectral_normalization_in_a_saved_model(policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    inputs = keras.Input((4, 4, 2))
    x = SpectralNormalization(keras.layers.Conv2D(3, 3))(inputs)
    model = keras.Model(inputs, SpectralNormalization(keras.layers.Dense(1))(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 2)).astype("float32")
    np.testing.assert_array_equal(model(images), loaded(images))
    assert model(images).dtype == ("float32" if policy == "float32" else "bfloat16")


def test_bad_power_iterations():
    with pytest.raises(ValueError, match="power_iterations must be an integer of at least 1"):
        SpectralNormalization(keras.layers.Dense(1), power_iterations=0)


def make_attention():
    """Returns attention on two channels, by kernels of length 1, which are their own directions."""
    layer = SelfAttention()
    layer.build((None, 2, 4, 2))
    kernels = {
        "query": [1, 0],
        "key": [0, 1],
        "value": [0.6, 0.8],
        "output_convolution": [0.6, -0.8],
    }
    for name, kernel in kernels.items():
        part = getattr(layer, name).layer
        part.kernel.assign(np.reshape(kernel, part.kernel.shape))
    layer.gamma.assign(2.0)
    return layer


def test_attention_by_hand():
    # One image of 2 x 4 pixels. Of the two channels the first is the query, the second the key.
    first = np.array([[0.0, 1.0, 2.0, -1.0], [0.0, 0.0, 0.0, 0.5]])
    second = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 3.0]])
    # Largest keys of the left and right 2 x 2 pixels, and largest values 0.6 a + 0.8 b: of
    # (0, 1) and (1, 0) the former, of (2, 0) and (0.5, 3) the latter.
    keys, values = np.array([1.0, 3.0]), np.array([0.8, 0.3 + 2.4])
    weights = np.exp(first[..., None] * keys)
    found = (weights * values).sum(axis=-1) / weights.sum(axis=-1)
    expected = np.stack([first + 2 * 0.6 * found, second - 2 * 0.8 * found], axis=-1)
    images = np.stack([first, second], axis=-1)[None].astype("float32")
    np.testing.assert_allclose(make_attention()(images)[0], expected, rtol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_attention_in_a_saved_model(policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    inputs = keras.Input((5, 3, 8))
    model = keras.Model(inputs, SelfAttention("l2")(inputs))
    model.layers[1].gamma.assign(0.5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(0).normal(size=(2, 5, 3, 8)).astype("float32")
    np.testing.assert_array_equal(model(images), loaded(images))
    assert model(images).shape == images.shape
    assert loaded.layers[1].query.layer.kernel_regularizer is not None
    assert [weight.name for weight in loaded.trainable_weights].count("kernel") == 4


def test_attention_of_keras_alone():
    inputs = keras.Input((4, 4, 8))
    model = keras.Model(inputs, SelfAttention()(inputs))
    model.layers[1].gamma.assign(2.0)
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 8)).astype("float32")
    plain = to_keras(model)
    assert plain.count_params() == 8 * (1 + 1 + 4 + 4)
    np.testing.assert_allclose(plain(images), model(images), rtol=1e-4, atol=1e-5)


def test_attention_of_unknown_channels():
    with pytest.raises(ValueError, match="needs to know how many channels"):
        SelfAttention().build((None, 4, 4, None))


def test_a_synchronized_copy_computes_the_same():
    inputs = keras.Input((4, 4, 2))
    x = UpsampleConv2D(3, 5)(inputs)
    x = keras.layers.BatchNormalization()(keras.layers.BatchNormalization()(x) + 1.0)
    network = keras.Model(inputs, x)
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 2)).astype("float32")
    network(images, training=True)
    copy = synchronize(network)
    synchronized = [getattr(layer, "synchronized", None) for layer in copy.layers]
    assert synchronized.count(True) == 2
    for training in (False, True):
        expected = network(images, training=training)
        np.testing.assert_allclose(copy(images, training=training), expected, rtol=1e-5, atol=1e-6)
    assert not set(map(id, copy.weights)) & set(map(id, network.weights))


def test_the_pool_gives_back_what_it_got():
    pool, seed = ImagePool(3), keras.random.SeedGenerator(0)
    pool.build((None, 1, 1, 1))
    number, seen, kept = 0, [], []
    for _ in range(40):
        batch = np.arange(number, number + 2, dtype="float32").reshape(2, 1, 1, 1)
        back = np.array(pool.exchange(batch, seed)).ravel()
        store = np.array(pool.images).ravel()[:3]
        for new, old in zip(batch.ravel(), back, strict=True):
            assert new in store or old == new
        seen += back.tolist()
        kept.append(np.mean(back == batch.ravel()))
        number += 2
    assert set(seen) <= set(range(80))
    assert 0.3 < np.mean(kept[2:]) < 0.7
    assert len(set(store)) == 3


@pytest.mark.parametrize("batch_size", [1, 3, 5])
def test_a_pool_of_any_batch_size_never_gives_what_it_never_got(batch_size):
    pool, seed = ImagePool(4), keras.random.SeedGenerator(0)
    pool.build((None, 1, 1, 1))
    for _ in range(10):
        back = pool.exchange(np.ones((batch_size, 1, 1, 1), "float32"), seed)
        np.testing.assert_array_equal(back, 1)


def test_a_pool_of_none_gives_everything_back():
    pool, images = ImagePool(0), np.ones((2, 1, 1, 1), "float32")
    pool.build(images.shape)
    np.testing.assert_array_equal(pool.exchange(images, keras.random.SeedGenerator(0)), images)


def test_shifts_of_phase_are_whole_signals_mirrored():
    line = np.arange(6.0, dtype="float32")
    shifted = [[2, 1, 0, 1, 2, 3], [1, 0, 1, 2, 3, 4], line, [*line[1:], 4], [*line[2:], 4, 3]]
    signals = np.stack([line, -line], axis=-1)[None].repeat(300, axis=0)
    found = np.array(PhaseShuffle(2)(signals, training=True))
    np.testing.assert_array_equal(found[..., 0], -found[..., 1])  # all channels alike
    which = (found[:, None, :, 0] == np.array(shifted)).all(axis=-1)
    assert (which.sum(axis=1) == 1).all()
    np.testing.assert_allclose(which.mean(axis=0), 1 / 5, atol=0.08)
    np.testing.assert_array_equal(PhaseShuffle(2)(signals), signals)


def test_no_shift():
    with pytest.raises(ValueError, match="most must be"):
        PhaseShuffle(0)


def test_clip_by_hand():
    clip = Clip(0.5)
    np.testing.assert_array_equal(clip(np.array([-2.0, -0.5, 0.25, 0.75])), [-0.5, -0.5, 0.25, 0.5])
    layer = keras.layers.Dense(1, kernel_constraint=clip)
    again = keras.layers.Dense.from_config(layer.get_config())
    assert again.kernel_constraint.bound == 0.5


def test_a_gumbel_softmax_by_hand(monkeypatch):
    monkeypatch.setattr(keras.random, "uniform", lambda *_, **__: keras.ops.array([[0.5, 0.25]]))
    drawn = GumbelSoftmax(temperature=0.5)(np.array([[0.0, 1.0]], "float32"))
    # Gumbel's quantiles are -ln(-ln u): 0.3665 and -0.3266. The logits become 0.733 and 1.3468.
    odds = np.exp((0.0 - np.log(np.log(2)) - (1.0 - np.log(np.log(4)))) / 0.5)
    np.testing.assert_allclose(drawn, [[odds / (1 + odds), 1 / (1 + odds)]], rtol=1e-5)


def test_kinds_are_drawn_by_their_shares():
    shares = np.array([0.2, 0.3, 0.5], "float32")
    drawn = np.array(GumbelSoftmax(seed=0)(np.tile(np.log(shares), (5000, 1))))
    np.testing.assert_allclose(drawn.sum(axis=1), 1, rtol=1e-5)
    found = np.bincount(drawn.argmax(axis=1)) / 5000
    np.testing.assert_allclose(found, shares, atol=0.02)
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        GumbelSoftmax(0)
