"""The same networks and training step in PyTorch, for images with channels last in memory."""

import time

import keras
import numpy as np
import torch
from torch import nn

from gankit.layers import UpsampleConv2D

ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU, "linear": nn.Identity}


class Network(nn.Module):
    """A functional Keras model, layer by layer."""

    def __init__(self, network):
        super().__init__()
        self.inputs = [id(tensor) for tensor in network.inputs]
        self.outputs = [id(tensor) for tensor in network.outputs]
        self.steps, self.parts = [], nn.ModuleList()
        for layer in network.layers:
            if isinstance(layer, keras.layers.InputLayer):
                continue
            (node,) = layer._inbound_nodes
            self.parts.append(convert(layer, node.input_tensors[0].shape))
            sources = [id(tensor) for tensor in node.input_tensors]
            self.steps.append((sources, id(node.output_tensors[0])))

    def forward(self, *inputs):
        known = dict(zip(self.inputs, inputs, strict=True))
        for part, (sources, target) in zip(self.parts, self.steps, strict=True):
            known[target] = part(*(known[source] for source in sources))
        return [known[output] for output in self.outputs]


def convert(layer, shape):
    """Returns a layer of PyTorch for one of Keras, whose input has ``shape``, channels last."""
    kind, channels = type(layer).__name__, shape[-1]
    activation = ACTIVATIONS[getattr(getattr(layer, "activation", None), "__name__", "linear")]
    if isinstance(layer, UpsampleConv2D):
        parts = [nn.Upsample(scale_factor=layer.scale), convolution(layer, channels)]
    elif kind == "Conv2D":
        parts = [convolution(layer, channels)]
    elif kind == "Conv2DTranspose":
        size = layer.kernel_size[0]
        padding, beyond = (size - 1) // 2, size % 2
        parts = [nn.ConvTranspose2d(channels, layer.filters, size, 2, padding, beyond)]
    elif kind == "Dense":
        parts = [nn.Linear(channels, layer.units)]
    elif kind == "BatchNormalization":
        norm = nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d
        parts = [norm(channels, layer.epsilon, 1 - layer.momentum)]
    elif kind == "EinsumDense":
        parts = [Weigh(layer)]
    elif kind == "UpSampling2D":
        parts = [nn.Upsample(scale_factor=layer.size, mode=layer.interpolation)]
    elif kind == "Reshape" and len(layer.target_shape) == 3:
        height, width, depth = layer.target_shape
        parts = [nn.Unflatten(1, (depth, height, width)), ChannelsLast()]
    else:
        parts = [
            {
                "Activation": nn.Identity,
                "ReLU": nn.ReLU,
                "LeakyReLU": lambda: nn.LeakyReLU(float(layer.negative_slope)),
                "MaxPooling2D": lambda: nn.MaxPool2d(2),
                "AveragePooling2D": lambda: nn.AvgPool2d(2, ceil_mode=True),
                "ZeroPadding2D": lambda: nn.ZeroPad2d((0, 1, 0, 1)),
                "Flatten": nn.Flatten,
                "Dropout": lambda: nn.Dropout(layer.rate),
                "Embedding": lambda: nn.Embedding(layer.input_dim, layer.output_dim),
                "Multiply": Multiply,
                "Add": Add,
            }[kind]()
        ]
    return parts[0] if kind in ("Multiply", "Add") else nn.Sequential(*parts, activation())


def convolution(layer, channels):
    padding = [(size - 1) // 2 if layer.padding == "same" else 0 for size in layer.kernel_size]
    return nn.Conv2d(channels, layer.filters, layer.kernel_size, layer.strides, padding)


class Multiply(nn.Module):
    def forward(self, one, other):
        return one * other


class Add(nn.Module):
    def forward(self, one, other):
        return one + other


class Weigh(nn.Module):
    """A weight for each place and channel; summed over places where the layer leaves them out."""

    def __init__(self, layer):
        super().__init__()
        height, width, channels = layer.kernel.shape
        self.weights = nn.Parameter(torch.randn(channels, height, width))
        self.places = () if "->bhwc" in layer.equation else (2, 3)

    def forward(self, images):
        weighed = images * self.weights
        return weighed.sum(self.places) if self.places else weighed


class ChannelsLast(nn.Module):
    def forward(self, images):
        return images.contiguous(memory_format=torch.channels_last)


def train(generator, discriminator, image_shape, latent_dim, num_classes, batch_size, steps, dtype):
    """Returns the seconds of each step; fakes are shared between the phases, as in its tutorial."""
    torch.manual_seed(0)
    generator, discriminator = (
        Network(network).to(memory_format=torch.channels_last)
        for network in (generator, discriminator)
    )
    for_generator, for_discriminator = (
        torch.optim.SGD(network.parameters(), 0.0005, 0.9, nesterov=True)
        for network in (generator, discriminator)
    )
    height, width, channels = image_shape
    images = torch.rand(batch_size, channels, height, width) * 2 - 1
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(max(num_classes, 1), (batch_size,))

    def cost(outputs, target):
        scores, *classes = (output.float() for output in outputs)
        targets = torch.full_like(scores, target)
        total = nn.functional.binary_cross_entropy_with_logits(scores, targets)
        return total + sum(nn.functional.cross_entropy(logits, labels) for logits in classes)

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16"):
            latents = torch.randn(batch_size, latent_dim)
            (fakes,) = generator(*([latents, labels] if num_classes else [latents]))
            paid = cost(discriminator(images), 1.0) + cost(discriminator(fakes.detach()), 0.0)
        for_discriminator.zero_grad()
        paid.backward()
        for_discriminator.step()
        for parameter in discriminator.parameters():
            parameter.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16"):
            paid = cost(discriminator(fakes), 1.0)
        for_generator.zero_grad()
        paid.backward()
        for_generator.step()
        for parameter in discriminator.parameters():
            parameter.requires_grad_(True)

    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    assert np.isfinite([float(p.detach().sum()) for p in generator.parameters()]).all()
    return times
