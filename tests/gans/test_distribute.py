"""Several devices: two logical CPUs in one process, and two workers in two processes."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers import free_ports, run_python

TWO_DEVICES = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
cpu, = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
import keras
import numpy as np
import gankit
from gankit import penalties
from helpers import *

def replicas_agree(gan):
    # Keras's batch normalization keeps statistics of its own on each replica.
    for variable in gan.weights:
        if "moving_" in variable.path:
            continue
        values = [np.array(v) for v in strategy.experimental_local_results(variable.value)]
        np.testing.assert_array_equal(*values)
"""

SAME_AS_ONE = """
GIVEN = tf.constant(np.random.default_rng(1).normal(size=(32, LATENT_DIM)), tf.float32)

class WithGivenLatents(gankit.GAN):
    # Each image's latents are a function of its first pixel, wherever it is trained.
    def make(self, real):
        self.rows = tf.cast((real.images[:, 0, 0, 0] + 1) * 15.99, tf.int32)
        return super().make(real)

    def sample_latents(self, num_images, seed=None):
        return tf.gather(GIVEN, self.rows)

class WithGivenMixing(penalties.GradientPenalty):
    # Each image's place between real and fake follows from its first pixel, likewise.
    def costs(self, score_images, real, fake, seed=None):
        mixing = (real[:, :1, :1, :1] + 1) / 2
        slopes = penalties.squared_slopes(score_images, real + mixing * (fake - real))
        return penalties.squared_distance_from_one(slopes)

PENALTIES = WithGivenMixing(1.0) + penalties.R1(0.5) + penalties.R2(0.5)

def train(synchronize=lambda network: network):
    keras.utils.set_random_seed(0)
    networks = map(synchronize, NETWORKS())
    gan = WithGivenLatents(*networks, discriminator_steps=2, generator_ema=0.9)
    gan.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        keras.optimizers.SGD(0.1, momentum=0.9),
        penalty=PENALTIES,
    )
    history = gan.fit(make_dataset(batch_size=16), epochs=2, verbose=0).history
    return gan, history

alone, history = train()
with strategy.scope():
    together, shared_history = train(SYNCHRONIZE)
for one, other in zip(alone.get_weights(), together.get_weights(), strict=True):
    np.testing.assert_allclose(one, other, atol=1e-5)
for name in history:
    np.testing.assert_allclose(history[name], shared_history[name], rtol=1e-4, err_msg=name)
held_out = make_dataset(batch_size=16, seed=1)
values = together.evaluate(held_out, verbose=0)
for name, value in alone.evaluate(held_out, verbose=0).items():
    np.testing.assert_allclose(value, values[name], rtol=1e-4, err_msg=name)
images = [gan.generate(latents=GIVEN[:5], batch_size=3) for gan in (alone, together)]
np.testing.assert_allclose(*images, atol=1e-4)
replicas_agree(together)
"""

DIFFERENT_NOISE = """
with strategy.scope():
    gan = make_gan(make_networks, generator_ema=0.9)
    draw = lambda: gan.sample_latents(3)
    latents = strategy.experimental_local_results(strategy.run(draw))
    assert not np.array_equal(*latents)
    gan.fit(make_dataset(), epochs=2, verbose=0)
replicas_agree(gan)
assert gan.in_training is None  # or images would be scored in training mode from now on

gan.save("gan.keras")
with strategy.scope():
    loaded = keras.models.load_model("gan.keras")
for one in (gan, loaded):
    one.fit(make_dataset(), verbose=0)
for one, other in zip(gan.get_weights(), loaded.get_weights(), strict=True):
    np.testing.assert_array_equal(one, other)
"""

CONDITIONAL_UPDATE = """
with strategy.scope():
    gan = gankit.GAN3D(*make_networks(), seed=0)
    gan.compile()
updates = 0
for accuracy in (0.8, 0.81):
    gan.accuracy.assign(accuracy)
    before = values(gan.discriminator), values(gan.generator)
    history = gan.fit(make_dataset(number=8), verbose=0).history
    updates += accuracy <= 0.8
    assert history["discriminator_updates"] == [accuracy <= 0.8]
    assert gan.discriminator_optimizer.iterations == updates
    after = values(gan.discriminator), values(gan.generator)
    changed = [not np.array_equal(a[0], b[0]) for a, b in zip(before, after)]
    assert changed == [accuracy <= 0.8, True]
    mean = (history["real_accuracy"][0] + history["fake_accuracy"][0]) / 2
    np.testing.assert_allclose(gan.accuracy.numpy(), mean, rtol=1e-6)
gan.fit(make_dataset(), epochs=2, verbose=0)
replicas_agree(gan)
"""


AUGMENTED = """
LABELS = np.arange(16) % NUM_CLASSES
for layer in (gankit.augment.ADA, gankit.augment.DiffAugment, keras.layers.RandomFlip):
    with strategy.scope():
        gan = gankit.GAN(*make_residual_networks(), augment=layer(), seed=0)
        # Only at every other step, around what normalizes the weights' spectrum.
        gan.compile(loss="hinge", penalty=penalties.R1(1.0, every=2))
    history = gan.fit(make_images(16), LABELS, batch_size=4, verbose=0).history
    assert history["discriminator_penalty"][0] > 0
    replicas_agree(gan)
"""


POOLS = """
with strategy.scope():
    gan = gankit.CycleGAN(*make_cycle_networks(), pool_size=6, seed=0)
    gan.compile()
images, given = make_images(16), make_images(16, seed=1)
gan.fit(images, given, batch_size=4, epochs=2, verbose=0)
replicas_agree(gan)
assert [int(pool.filled.numpy()) for pool in gan.pools] == [6, 6]
"""


@pytest.mark.slow
def test_replicas_share_the_pools_of_a_cyclegan(tmp_path):
    run_python(TWO_DEVICES + POOLS, tmp_path)


STYLES = """
with strategy.scope():
    gan = gankit.StyleGAN2(*make_networks_of_styles(), path_every=2, seed=0)
    gan.compile()
history = gan.fit(make_images(16), np.arange(16) % 3, batch_size=8, epochs=2, verbose=0).history
assert history["generator_path_length"][-1] > 0
lengths = strategy.experimental_local_results(gan.mean_length.value)
assert lengths[0] != lengths[1]  # each replica has its own, and a file their mean
np.testing.assert_allclose(gan.mean_length.numpy(), np.mean(lengths), rtol=1e-6)
means = strategy.experimental_local_results(gan.mean_w.value)
np.testing.assert_array_equal(*map(np.array, means))
"""


@pytest.mark.slow
def test_replicas_share_the_mean_of_w(tmp_path):
    run_python(TWO_DEVICES + STYLES, tmp_path)


WITHOUT_BATCH_NORMALIZATION = """
NETWORKS, SYNCHRONIZE = make_plain_networks, lambda network: network
"""

WITH_BATCH_NORMALIZATION = """
def NETWORKS():
    generator, _ = make_networks()
    return generator, make_plain_networks()[1]

SYNCHRONIZE = gankit.layers.synchronize
"""


@pytest.mark.parametrize(
    "networks",
    [
        pytest.param(WITHOUT_BATCH_NORMALIZATION, marks=pytest.mark.slow, id="plain"),
        pytest.param(WITH_BATCH_NORMALIZATION, id="batch_normalization"),
    ],
)
def test_two_replicas_equal_one(networks, tmp_path):
    run_python(TWO_DEVICES + networks + SAME_AS_ONE, tmp_path)


def test_replicas_draw_their_own_noise_stay_in_step_and_continue(tmp_path):
    run_python(TWO_DEVICES + DIFFERENT_NOISE, tmp_path)


def test_a_discriminator_waits_on_two_replicas(tmp_path):
    run_python(TWO_DEVICES + CONDITIONAL_UPDATE, tmp_path)


def test_augmentation_and_lazy_penalties_on_two_replicas(tmp_path):
    run_python(TWO_DEVICES + AUGMENTED, tmp_path)


WORKER = """
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
index = int(sys.argv[1])
workers = [f"localhost:{port}" for port in sys.argv[2:]]
task = {"type": "worker", "index": index}
os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": task})
import tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
import numpy as np
from helpers import *

keras.utils.set_random_seed(0)
with strategy.scope():
    gan = make_gan(make_plain_networks, generator_ema=0.9)
history = gan.fit(
    make_dataset(), epochs=2, verbose=0, callbacks=[gankit.callbacks.Checkpoint("run", every=3)]
).history
weights = [float(np.sum(weight)) for weight in gan.get_weights()]
print("RESULT", json.dumps([history, weights]))
"""


def test_two_workers_train_one_gan(tmp_path):
    ports = free_ports(2)
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(run_python, WORKER, tmp_path, str(i), *ports) for i in range(2)]
        printed = [run.result().split("RESULT")[1] for run in runs]
    assert printed[0] == printed[1]
    history, _ = json.loads(printed[0])
    assert len(history["discriminator_loss"]) == 2
    newest = max(path.name for path in (tmp_path / "run").glob("*.keras"))
    assert newest == "epoch_00001_step_0000002.keras"  # of 2 epochs, 8 steps
