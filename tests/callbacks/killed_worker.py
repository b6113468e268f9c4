"""One of several workers of a run with all callbacks: ``FOLDER EPOCHS INDEX MOMENT PORT ...``.

With a moment, see ``killed_run.py``, the worker is killed there; with ``-`` it runs to the end.
"""

import json
import os
import sys
from pathlib import Path

folder, epochs, index, moment, *ports = sys.argv[1:]
workers = [f"localhost:{port}" for port in ports]
task = {"type": "worker", "index": int(index)}
os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": task})

import tensorflow as tf  # noqa: E402

strategy = tf.distribute.MultiWorkerMirroredStrategy()  # before anything is computed

import keras  # noqa: E402
from helpers import make_gan, make_plain_networks  # noqa: E402
from killed_run import Kill, train  # noqa: E402

keras.utils.set_random_seed(0)
with strategy.scope():
    gan = make_gan(make_plain_networks, generator_ema=0.9)
train(
    gan, Path(folder), int(epochs), *([Kill(moment)] if moment != "-" else []), end=f"end_{index}"
)
