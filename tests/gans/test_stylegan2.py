"""What a StyleGAN2 does that a plain GAN does not, by hand."""

import keras
import numpy as np
import pytest
from helpers import IMAGE_SHAPE, LATENT_DIM, NUM_CLASSES, make_images, make_networks_of_styles
from keras import ops

import gankit
from gankit import Batch, architectures, latents

STYLE_DIM, LAYERS = 3, 4


def make_networks():
    small = {"filters": 2, "widest": 4, "mapping_layers": 1}
    stylegan2 = architectures.stylegan2
    generator = stylegan2.build_generator(IMAGE_SHAPE, LATENT_DIM, style_dim=STYLE_DIM, **small)
    return generator, stylegan2.build_discriminator(IMAGE_SHAPE, **small)


def make_gan(networks=make_networks, **options):
    gan = gankit.StyleGAN2(*networks(), seed=0, **options)
    gan.compile(run_eagerly=True)
    return gan


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_images_of_two_w_change_once():
    gan = make_gan(mixing=1.0)
    w = ops.convert_to_tensor(normal(50, STYLE_DIM))
    with gan.step(training=True):
        mixed = np.array(gan.mix(w, None))
    assert mixed.shape == (50, LAYERS, STYLE_DIM)
    np.testing.assert_array_equal(mixed[:, 0], w)
    changes = (mixed[:, 1:] != mixed[:, :-1]).any(axis=-1)
    np.testing.assert_array_equal(changes.sum(axis=1), 1)
    assert changes.any(axis=0).all()  # before each layer but the first


def test_no_mixing_and_none_outside_of_training():
    gan = make_gan(mixing=0.0)
    w = ops.convert_to_tensor(normal(5, STYLE_DIM))
    with gan.step(training=True):
        np.testing.assert_array_equal(gan.mix(w, None), np.array(w)[:, None].repeat(LAYERS, 1))
    mixing = make_gan(mixing=1.0)
    drawn = normal(5, LATENT_DIM)
    made = mixing.generate(latents=drawn)
    np.testing.assert_allclose(made, mixing.synthesize(mixing.styles(drawn)), atol=1e-6)


def linear_networks():
    """Returns a generator of one pixel, (3, 4) times the mean w of two layers."""
    styles = keras.Input((2, 2), name="styles")
    row = keras.layers.Dense(1, use_bias=False, name="row")(ops.mean(styles, axis=1))
    synthesis = keras.Model(styles, keras.layers.Reshape((1, 1, 1))(row), name="synthesis")
    mapping = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)], name="mapping")
    given = keras.Input((2,), name="latents")
    generator = keras.Model(given, synthesis(keras.layers.RepeatVector(2)(mapping(given))))
    images = keras.Input((1, 1, 1), name="images")
    discriminator = keras.Model(images, keras.layers.Dense(1)(keras.layers.Flatten()(images)))
    synthesis.get_layer("row").kernel.assign([[3.0], [4.0]])
    return generator, discriminator


def test_the_length_of_a_path_by_hand():
    gan = make_gan(linear_networks)
    fake = Batch(ops.zeros((4000, 1, 1, 1)), latents=ops.zeros((4000, 2)))
    # By each of both layers the slope is noise * (3, 4) / 2: the mean squared length over layers
    # is 25 / 4 * noise^2, the length 2.5 * |noise|, whose mean is 2.5 * sqrt(2 / pi).
    mean = 2.5 * np.sqrt(2 / np.pi)
    gan.mean_length.assign(mean)
    with gan.step(training=True):
        cost = gan.paths(fake)
    cost = ops.convert_to_numpy(cost)
    np.testing.assert_allclose(cost, 2.5**2 * (1 - 2 / np.pi), rtol=0.1)
    np.testing.assert_allclose(gan.mean_length, mean, rtol=0.01)
    gan.mean_length.assign(0.0)
    with gan.step(training=True):
        gan.paths(fake)
    np.testing.assert_allclose(gan.mean_length, 0.01 * mean, rtol=0.1)


def test_paths_cost_now_and_then():
    gan = make_gan(path_every=2, path_weight=3.0)
    costs = [
        gan.train_on_batch(make_images(4), return_dict=True)["generator_path_length"]
        for _ in range(4)
    ]
    assert [cost > 0 for cost in costs] == [True, False, True, False]
    without = make_gan(path_weight=0)
    logs = without.train_on_batch(make_images(4), return_dict=True)
    assert "generator_path_length" not in logs


def test_the_mean_of_w_follows_and_is_kept(tmp_path):
    gan = make_gan(generator_ema=None)
    np.testing.assert_array_equal(gan.mean_w, np.zeros(STYLE_DIM))
    w = normal(4, STYLE_DIM)
    fake = Batch(make_images(4), scores=ops.zeros((4, 1)), extra={"w": w})
    gan.after_step(fake, fake)
    np.testing.assert_allclose(gan.mean_w, 0.005 * w.mean(axis=0), rtol=1e-4)
    gan.save(tmp_path / "gan.keras")
    np.testing.assert_array_equal(gankit.load(tmp_path / "gan.keras").mean_w, gan.mean_w)


def test_truncation_is_the_way_to_the_mean():
    gan = make_gan()
    gan.mean_w.assign([1.0, -1.0, 0.5])
    drawn = normal(4, LATENT_DIM)
    whole = gan.generate(latents=drawn)
    np.testing.assert_allclose(gan.generate(latents=drawn, truncation=1.0), whole, atol=1e-6)
    mean = gan.synthesize(np.array(gan.mean_w)[None])
    np.testing.assert_allclose(
        gan.generate(latents=drawn, truncation=0), mean.repeat(4, axis=0), atol=1e-6
    )
    half = (gan.styles(drawn) + np.array(gan.mean_w)) / 2
    np.testing.assert_allclose(
        gan.generate(latents=drawn, truncation=0.5), gan.synthesize(half), atol=1e-6
    )


def test_classes_go_through_w():
    gan = make_gan(make_networks_of_styles)
    drawn = normal(3, LATENT_DIM)
    made = gan.generate(condition=[0, 1, 2], latents=drawn)
    np.testing.assert_allclose(made, gan.synthesize(gan.styles(drawn, [0, 1, 2])), atol=1e-6)
    assert (gan.styles(drawn, 0) != gan.styles(drawn, 1)).any()
    assert gan.generator_inputs.of("condition")[0].num_classes == NUM_CLASSES
    assert gan.generate(3, condition=1, truncation=0.7, seed=0).shape == (3, *IMAGE_SHAPE)


def test_images_stay_in_range():
    gan = make_gan()
    gan.generator.get_layer("synthesis").get_layer("image_1").bias.assign([9.0])
    gan = gankit.StyleGAN2(gan.generator, gan.discriminator, generator_ema=None)
    np.testing.assert_array_equal(gan.generate(2), np.ones((2, *IMAGE_SHAPE)))


def test_the_penalty_fits_the_image():
    gan = make_gan()
    assert (gan.penalty.weight, gan.penalty.every) == (0.0002 * 64 / 32, 16)


def test_bad_arguments():
    generator, discriminator = make_networks()
    with pytest.raises(ValueError, match="there is no mapping and no synthesis"):
        gankit.StyleGAN2(architectures.mlp.build_generator(IMAGE_SHAPE, LATENT_DIM), discriminator)
    with pytest.raises(ValueError, match="mixing must lie in"):
        gankit.StyleGAN2(generator, discriminator, mixing=2)
    with pytest.raises(ValueError, match="w must have the shape"):
        make_gan().synthesize(np.zeros((2, 5)))


# gankit.latents, in w


def test_the_directions_of_w_are_those_that_styles_follow():
    gan = make_gan()
    synthesis = gan.ema_generator.get_layer("synthesis")
    strong = np.array([[0.0, 2.0, 0.0]] * 4).T  # every layer listens to the second value
    for layer in synthesis.layers:
        if "style_" in layer.name:
            channels = layer.kernel.shape[1]
            weak = 0.1 * normal(STYLE_DIM, channels)
            layer.kernel.assign(strong[:, :channels] + weak)
    directions = latents.find_directions(gan, 3, space="w")
    np.testing.assert_allclose(directions @ directions.T, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(directions[0], [0, 1, 0], atol=0.1)
    with pytest.raises(ValueError, match="at most style_dim, 3, got 4"):
        latents.find_directions(gan, 4, space="w")


def test_directions_of_latents_are_found_in_the_mapping():
    gan = make_gan()
    kernel = np.array([[0, 0, 0], [5, 0, 0], [0, 1, 0], [0, 0, 3]], "float32")
    layer = gan.ema_generator.get_layer("mapping").layers[-2]
    layer.kernel.assign(kernel)
    expected = [[0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    np.testing.assert_allclose(latents.find_directions(gan, 3), expected, atol=1e-6)


def test_principal_directions_by_hand():
    gan = make_gan(linear_networks)
    turned = np.array([[0.6, 0.8], [-0.8, 0.6]], "float32")  # w differs by 3 and 0.5 along its rows
    gan.ema_generator.get_layer("mapping").layers[0].kernel.assign(np.diag([3.0, 0.5]) @ turned)
    found = latents.find_principal_directions(gan, 2, num_samples=20_000)
    np.testing.assert_allclose(found[0], 3 * turned[0], rtol=0.03)
    np.testing.assert_allclose(np.abs(found[1]), 0.5 * np.abs(turned[1]), rtol=0.03)


def test_w_is_found_again():
    gan = make_gan(linear_networks)
    images = np.array([0.5, -0.7], "float32").reshape(2, 1, 1, 1)
    options = {"space": "w", "starts": 2, "steps": 100, "seed": 0, "verbose": 0}
    found = latents.project(gan, images, **options)
    assert found.latents.shape == (2, 2)
    np.testing.assert_allclose(found.images, images, atol=1e-3)
    np.testing.assert_allclose(gan.synthesize(found.latents), found.images, atol=1e-6)


def test_other_gans_have_no_w():
    plain = gankit.GAN(*linear_networks())
    with pytest.raises(ValueError, match="Only a StyleGAN2 has w"):
        latents.find_principal_directions(plain)
    with pytest.raises(ValueError, match="Only a StyleGAN2 has w"):
        latents.project(plain, np.zeros((1, 1, 1, 1)), space="w")
    with pytest.raises(ValueError, match="space must be one of"):
        latents.find_directions(plain, space="z")
