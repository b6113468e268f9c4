"""What would make a step slow: graphs that are built again, Python in the graph, wasted passes."""

from pathlib import Path

import pytest
import tensorflow as tf
from helpers import make_dataset, make_gan, make_images, make_networks, run_python

import gankit


class Counting(gankit.GAN):
    """Counts how often graphs of its steps are built, and how often its networks stand in them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.counts = {"train": 0, "test": 0, "generator": 0, "discriminator": 0}

    def train_step(self, data):
        self.counts["train"] += 1
        return super().train_step(data)

    def test_step(self, data):
        self.counts["test"] += 1
        return super().test_step(data)

    def make(self, real):
        self.counts["generator"] += 1
        return super().make(real)

    def discriminate(self, batch):
        self.counts["discriminator"] += 1
        return super().discriminate(batch)


class CountingOnePass(gankit.OnePassGAN, Counting):
    """The same, with one pass of the discriminator."""


def test_each_graph_is_built_once():
    gan = Counting(*make_networks(), seed=0)
    gan.compile()
    for _ in range(2):
        gan.fit(make_dataset(), epochs=2, verbose=0, validation_data=make_dataset(seed=1))
        gan.evaluate(make_dataset(), verbose=0)
    assert (gan.counts["train"], gan.counts["test"]) == (1, 1)
    for number in (8, 8, 3, 3):
        gan.generate(number)
    function = gan.averaged(gan.generator).predict_function
    assert function.experimental_get_tracing_count() <= 2  # whole batches, and any rest


def test_a_step_passes_through_the_networks_no_more_often_than_needed():
    def passes(variant=Counting, **options):
        gan = variant(*make_networks(), seed=0, **options)
        gan.compile(penalty=None, run_eagerly=True)
        gan.train_on_batch(make_images(8))
        return gan.counts["generator"], gan.counts["discriminator"]

    assert passes() == (1, 3)  # real, fake, and the fake for the generator
    assert passes(CountingOnePass) == (1, 2)
    assert passes(share_fakes=False) == (2, 3)
    assert passes(discriminator_steps=2) == (2, 5)


def test_there_is_no_python_in_the_graph_of_a_step():
    gan = make_gan(generator_ema=0.9)
    step = tf.function(gan.train_step).get_concrete_function(make_images(8))
    graph = step.graph.as_graph_def()
    nodes = [*graph.node, *(node for part in graph.library.function for node in part.node_def)]
    assert len(nodes) > 100
    assert not [node.name for node in nodes if "PyFunc" in node.op]


def test_a_pipeline_works_ahead():
    dataset = make_dataset()
    parts, names = [dataset], set()
    while parts:
        part = parts.pop()
        names.add(type(part).__name__)
        parts += part._inputs()
    assert any("Prefetch" in name for name in names), names


TEN_THOUSAND_STEPS = """
import resource
from helpers import *
memory, traces = [], []
class Counting(gankit.GAN):
    def train_step(self, data):
        traces.append(1)
        return super().train_step(data)
gan = Counting(*make_networks(), generator_ema=0.9)
gan.compile()
for _ in range(10):
    gan.fit(make_dataset().repeat(), steps_per_epoch=1000, verbose=0)
    with open("/proc/self/statm") as file:
        memory.append(int(file.read().split()[1]) * resource.getpagesize() / 2**20)
print("MEMORY", *map(round, memory), len(traces))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's account of memory")
def test_ten_thousand_steps_take_no_more_memory_and_no_more_graphs(tmp_path):
    *memory, traces = map(int, run_python(TEN_THOUSAND_STEPS, tmp_path).split("MEMORY")[1].split())
    print(memory, traces)
    assert traces == 1
    assert memory[-1] - memory[4] < 10  # megabytes, in 5,000 steps
