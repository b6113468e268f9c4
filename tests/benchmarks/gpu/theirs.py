"""The same networks and step in plain PyTorch, one JSON line for each case and way to run it.

Channels last, fused Adam, automatic mixed precision, TF32, and the fakes of one run of the
generator in both phases, as in PyTorch's own DCGAN tutorial. Networks come from Keras's, layer by
layer.
"""

import json
import sys
import time
from pathlib import Path

import cases
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).parents[1]))
from torch_networks import Network

STEPS, ROUNDS, WARM_UP = 20, 5, 12
WAYS = {
    "eager": lambda step: step,
    "compiled": torch.compile,
    "CUDA graphs": lambda step: torch.compile(step, mode="reduce-overhead"),
}
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def build_step(case):
    """Returns a function that trains both networks on one batch."""
    networks = [
        Network(network).to(DEVICE, memory_format=torch.channels_last)
        for network in cases.build(case)
    ]
    generator, discriminator = networks
    latent_dim = cases.build(case)[0].input_shape[-1]
    adams = [
        torch.optim.Adam(network.parameters(), 3e-4, (0.0, 0.99), fused=DEVICE == "cuda")
        for network in networks
    ]
    mixed = torch.autocast(DEVICE, torch.bfloat16, enabled=case.dtype == "bfloat16")

    def train(images):
        with mixed:
            latents = torch.randn(case.batch_size, latent_dim, device=DEVICE)
            (fakes,) = generator(latents)
            real, fake = discriminator(images)[0], discriminator(fakes.detach())[0]
            cost = (
                nn.functional.softplus(-real.float()).mean()
                + nn.functional.softplus(fake.float()).mean()
            )
        adams[1].zero_grad()
        cost.backward()
        adams[1].step()
        discriminator.requires_grad_(False)
        with mixed:
            cost = nn.functional.softplus(-discriminator(fakes)[0].float()).mean()
        adams[0].zero_grad()
        cost.backward()
        adams[0].step()
        discriminator.requires_grad_(True)

    return train


def measure(case, way):
    """Returns the milliseconds of a step, each the mean of some."""
    torch.manual_seed(0)
    step = WAYS[way](build_step(case))
    images = torch.rand(case.batch_size, 3, case.size, case.size, device=DEVICE) * 2 - 1
    images = images.contiguous(memory_format=torch.channels_last)
    for _ in range(WARM_UP):
        step(images)
    milliseconds = []
    for _ in range(ROUNDS):
        wait()
        start = time.perf_counter()
        for _ in range(STEPS):
            step(images)
        wait()
        milliseconds.append(1000 * (time.perf_counter() - start) / STEPS)
    return milliseconds


def count_operations(case):
    """Returns the floating-point operations of matrix products and convolutions in one step."""
    images = torch.rand(case.batch_size, 3, case.size, case.size, device=DEVICE)
    step = build_step(case)
    with FlopCounterMode(display=False) as counter:
        step(images)
    return counter.get_total_flops()


def peak_memory():
    """Returns the most bytes of the device that were in use since the last call."""
    if DEVICE != "cuda":
        return None
    peak = torch.cuda.max_memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    return peak


def wait():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def main(quick):
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    known = [case for case in (cases.QUICK if quick else cases.CASES) if cases.build(case)]
    for case in known:
        for way in ["operations", *(["eager"] if quick else WAYS)]:
            try:
                if way == "operations":
                    row = {"operations": count_operations(case)}
                else:
                    row = {"milliseconds": measure(case, way), "memory": peak_memory()}
            except Exception as error:  # a layer or an operation that isn't there is a result, too
                row = {"error": f"{type(error).__name__}: {error}"[:200]}
            print(json.dumps({"case": str(case), "way": way} | row), flush=True)


if __name__ == "__main__":
    main("--quick" in sys.argv)
