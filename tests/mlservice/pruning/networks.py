"""Networks that the tests prune, and what masks do to them without any cutting."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np
import torch
import torchvision
from torch import nn

from mlservice.networks import ResNet8, ResNet8Options, build
from mlservice.pruning.liveness import Choice, Mask
from mlservice.pruning.spaces import Spaces
from mlservice.pruning.trace import Kind, Traced


class Plain(nn.Sequential):
    """In the manner of VGG: biases, max pooling, hidden fully connected layers behind a flattened map."""

    def __init__(self) -> None:
        super().__init__(
            *(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
            *(nn.Linear(24 * 16, 40), nn.ReLU(), nn.Dropout(), nn.Linear(40, 10)),
        )


NETWORKS: Final[Mapping[str, tuple[Callable[[], nn.Module], tuple[int, int, int]]]] = {
    "resnet8": (lambda: ResNet8(ResNet8Options(input_channels=1)), (1, 28, 28)),
    "resnet18": (lambda: torchvision.models.resnet18(num_classes=10), (3, 64, 64)),
    "densenet": (
        lambda: torchvision.models.DenseNet(8, (2, 2), 16, num_classes=10),
        (3, 64, 64),
    ),
    "mobilenet_v2": (lambda: torchvision.models.mobilenet_v2(width_mult=0.25, num_classes=10), (3, 64, 64)),
    "plain": (Plain, (1, 16, 16)),
    **{
        f"registered {name}": (partial(build, name, (3, 32, 32), 10), (3, 32, 32))
        for name in ("resnet20", "resnet50", "densenet", "densenet121", "mobilenet_v1", "mobilenet_v2", "vgg", "plain")
    },
}


def lively(network: nn.Module) -> nn.Module:
    """Statistics and offsets as training leaves them: nothing is zero or one by accident."""
    torch.manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            with torch.no_grad():
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_()
                assert module.running_mean is not None
                assert module.running_var is not None
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2.0)
    return network.eval()


def random_choice(traced: Traced, spaces: Spaces, seed: int = 0, rows: int = 8, kept: float = 0.6) -> Choice:
    """Gates and weight vectors at random, at least one vector of each group."""
    random = np.random.default_rng(seed)
    vectors: dict[str, Mask] = {}
    for unit in traced.of_kind(Kind.CONV):
        filters, *rest = traced.torch_module(unit).weight.shape  # type: ignore[misc]  # a convolution's
        by_group = random.random((-(-filters // rows), *rest)) < 0.8
        by_group.reshape(len(by_group), -1)[:, 0] = True
        vectors[unit.name] = np.repeat(by_group, rows, axis=0)[:filters]
    gates = random.random(spaces.count) < kept
    for ids in spaces.sites.values():
        gates[ids[ids >= 0][:2]] = True
    return Choice(gates, vectors)
