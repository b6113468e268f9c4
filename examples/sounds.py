"""A GAN that plays the drums: WaveGAN (Donahue et al. 2018, arXiv:1802.04208) on the raw waveform.

    python examples/sounds.py --minutes 12 --folder sounds

The data need no download: bass drums, snares and hi-hats are synthesized from decaying sines and
filtered noise, each hit with a pitch, colour, length and loudness of its own. Half a second at 8
kHz is 4,096 samples. Trains a small WGAN-GP for some minutes of the processor's time, and writes
the model; ``real.wav`` and ``generated.wav``, 24 hits one after the other; and ``waveforms.png``
and ``spectrograms.png``, real hits above generated ones. Prints the Fréchet distance of 2,000
generated hits from as many real ones, in the loudness of 8 bands of frequency in 8 parts of their
time, and, to compare, that of other real hits.
"""

import argparse
import time
import wave
from pathlib import Path

import keras
import numpy as np

import gankit
from gankit import callbacks, data, metrics
from gankit.architectures import wavegan

RATE = 8_000  # samples a second
LENGTH = 4_096
NUM_HITS = 8_000
NUM_JUDGED = 2_000
SHOWN = 24
BATCH_SIZE = 32
FILTERS = 16  # 64 in the paper
FRAME = 128  # samples of a column of a spectrogram


def bass_drum(seconds, rng):
    """A sine that falls from a click to a low tone."""
    start, end, speed = rng.uniform(120, 250), rng.uniform(40, 70), rng.uniform(15, 35)
    turns = end * seconds + (start - end) * (1 - np.exp(-speed * seconds)) / speed
    return np.sin(2 * np.pi * turns) * np.exp(-rng.uniform(6, 12) * seconds)


def snare(seconds, rng):
    """A short tone and longer noise."""
    turns, noise = rng.uniform(160, 240) * seconds, rng.normal(size=len(seconds))
    tone = 0.6 * np.sin(2 * np.pi * turns) * np.exp(-rng.uniform(20, 40) * seconds)
    return tone + 0.35 * noise * np.exp(-rng.uniform(10, 22) * seconds)


def hi_hat(seconds, rng):
    """Noise without its low frequencies: the difference of neighbouring samples, twice."""
    noise = np.diff(rng.normal(size=len(seconds) + 2), n=2)
    return 0.25 * noise * np.exp(-rng.uniform(15, 60) * seconds)


def make_hits(number, seed):
    """Returns as many hits, float32 ``(number, LENGTH, 1)`` in [-1, 1]."""
    rng, seconds = np.random.default_rng(seed), np.arange(LENGTH) / RATE
    drums = rng.choice([bass_drum, snare, hi_hat], size=number)
    hits = np.stack([drum(seconds, rng) for drum in drums])
    hits *= rng.uniform(0.5, 0.95, (number, 1)) / np.abs(hits).max(axis=1, keepdims=True)
    return hits[..., None].astype("float32")


def spectrograms(hits):
    """Returns the logarithm of each frequency's amplitude over time, ``(n, frequency, time)``."""
    starts = np.arange(0, LENGTH - FRAME + 1, FRAME // 2)
    frames = hits[:, starts[:, None] + np.arange(FRAME), 0] * np.hanning(FRAME)
    return np.log10(np.abs(np.fft.rfft(frames)) + 1e-2).swapaxes(1, 2)


def describe(hits):
    """Returns 64 features of each hit: its loudness in 8 bands of frequency, 8 times."""
    values = spectrograms(hits)[:, 1:, :56]
    return values.reshape(len(hits), 8, 8, 8, 7).mean(axis=(2, 4)).reshape(len(hits), 64)


def draw_spectrograms(hits):
    """Returns pictures, low frequencies at the bottom."""
    values = spectrograms(hits)[:, ::-1, :, None] * 2 / 3 + 1 / 3  # from 0.01 to 10
    return values.astype("float32")


def save_sound(hits, path):
    """Writes hits one after the other as 16 bits a sample."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((hits.reshape(-1) * 32767).astype("<i2").tobytes())


def make_gan(seed):
    gan = gankit.WGANGP(
        wavegan.build_generator((LENGTH, 1), latent_dim=64, filters=FILTERS),
        wavegan.build_discriminator((LENGTH, 1), filters=FILTERS),
        discriminator_steps=1,  # of a critic that learns faster, as in variants_mnist.py
        seed=seed,
    )
    adam = keras.optimizers.Adam
    gan.compile(adam(5e-4, beta_1=0, beta_2=0.9), adam(2e-3, beta_1=0, beta_2=0.9))
    return gan


def main(minutes, seed, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    hits, others = make_hits(NUM_HITS, seed=0), make_hits(2 * NUM_JUDGED, seed=1)
    dataset = data.from_signals(hits, batch_size=BATCH_SIZE, seed=seed)
    stop = callbacks.StopAfter(60 * minutes, clock=time.process_time)
    gan = make_gan(seed)
    gan.fit(dataset, epochs=10_000, callbacks=[stop], verbose=2)
    gan.save(folder / "sounds.keras")
    made = gan.generate(NUM_JUDGED, seed=0)
    save_sound(others[:SHOWN], folder / "real.wav")
    save_sound(made[:SHOWN], folder / "generated.wav")
    shown = np.concatenate([others[:SHOWN], made[:SHOWN]])
    gankit.save_grid(gankit.draw_signals(shown), folder / "waveforms.png", columns=6)
    gankit.save_grid(draw_spectrograms(shown), folder / "spectrograms.png", columns=6)
    real, other = describe(others[:NUM_JUDGED]), describe(others[NUM_JUDGED:])
    distances = [metrics.frechet_distance(real, some) for some in (describe(made), other)]
    print("{} steps: {:.2f}, real hits {:.2f}".format(int(gan.steps_completed), *distances))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train WaveGAN on drums.")
    parser.add_argument("--minutes", type=float, default=12, help="of the processor's time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("sounds"), help="where to write")
    main(**vars(parser.parse_args()))
