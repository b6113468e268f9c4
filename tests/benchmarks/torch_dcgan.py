"""DCGAN in plain PyTorch with the numbers of PyTorch's tutorial; ``time_to_quality.py`` starts it.

    python tests/benchmarks/torch_dcgan.py images.npy folder seed seconds num first factor

Images of 64x64 (others are resized): 64 filters, latents of 100 numbers, Adam(0.0002, beta_1=0.5),
batches of 128, binary cross-entropy, weights of a normal distribution of width 0.02. Leaves images
in the folder at marks of processor time.
"""

import itertools
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

SIDE, FILTERS, LATENT_DIM, BATCH_SIZE = 64, 64, 100, 128


def build_generator(channels):
    layers, units = [], [LATENT_DIM, 8 * FILTERS, 4 * FILTERS, 2 * FILTERS, FILTERS]
    for level, (before, after) in enumerate(itertools.pairwise(units)):
        strides = (1, 0) if level == 0 else (2, 1)
        layers += [
            nn.ConvTranspose2d(before, after, 4, *strides, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
        ]
    return nn.Sequential(
        *layers, nn.ConvTranspose2d(FILTERS, channels, 4, 2, 1, bias=False), nn.Tanh()
    )


def build_discriminator(channels):
    layers, units = [], [channels, FILTERS, 2 * FILTERS, 4 * FILTERS, 8 * FILTERS]
    for level, (before, after) in enumerate(itertools.pairwise(units)):
        layers.append(nn.Conv2d(before, after, 4, 2, 1, bias=False))
        if level:
            layers.append(nn.BatchNorm2d(after))
        layers.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*layers, nn.Conv2d(8 * FILTERS, 1, 4, bias=False), nn.Flatten(0))


def begin(layer):
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)


def main(file, folder, seed, seconds, num, first, factor):
    torch.manual_seed(seed)
    images = torch.tensor(np.load(file)).float().permute(0, 3, 1, 2)
    size = images.shape[2:]
    images = nn.functional.interpolate(images, (SIDE, SIDE), mode="bilinear", antialias=True)
    networks = build_generator(images.shape[1]), build_discriminator(images.shape[1])
    generator, discriminator = (network.apply(begin) for network in networks)
    adams = [torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999)) for network in networks]
    cost = nn.BCEWithLogitsLoss()
    real, fake = torch.ones(BATCH_SIZE), torch.zeros(BATCH_SIZE)
    start, paused, mark, seen = time.process_time(), 0.0, first, 0
    while mark <= seconds:
        for rows in torch.randperm(len(images)).split(BATCH_SIZE):
            if len(rows) < BATCH_SIZE:
                continue
            made = generator(torch.randn(BATCH_SIZE, LATENT_DIM, 1, 1))
            adams[1].zero_grad()
            paid = cost(discriminator(images[rows]), real)
            (paid + cost(discriminator(made.detach()), fake)).backward()
            adams[1].step()
            adams[0].zero_grad()
            cost(discriminator(made), real).backward()
            adams[0].step()
            seen += BATCH_SIZE
            taken = time.process_time() - start - paused
            if taken >= mark:
                before = time.process_time()
                keep(generator, num, size, folder / f"{taken:09.1f}.npz", taken, seen)
                paused += time.process_time() - before
                mark *= factor
                if mark > seconds:
                    return


@torch.no_grad()
def keep(generator, num, size, path, seconds, seen):
    """Writes images of the data's own size."""
    parts = []
    for number in torch.arange(num).split(BATCH_SIZE):
        made = generator(torch.randn(len(number), LATENT_DIM, 1, 1))
        made = nn.functional.interpolate(made, size, mode="bilinear", antialias=True)
        parts.append(((made.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1))
    np.savez(path, images=torch.cat(parts).numpy(), seconds=seconds, seen=seen)


if __name__ == "__main__":
    file, folder, seed, seconds, num, first, factor = sys.argv[1:]
    main(file, Path(folder), int(seed), float(seconds), int(num), float(first), float(factor))
