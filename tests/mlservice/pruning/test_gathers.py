"""Selections of channels as matrix products: the same values and derivatives."""

import pytest
import torch
from torch import Tensor, nn

from mlservice.pruning.gathers import quicken
from mlservice.pruning.trace import trace


class Gathers(nn.Module):
    """Selects some channels, spreads them among zeros, and selects again behind the flattening."""

    some: Tensor
    spread: Tensor
    few: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.linear = nn.Linear(3, 2)
        self.register_buffer("some", torch.tensor([2, 0, 3]))
        self.register_buffer("spread", torch.tensor([3, 1, 3, 0, 2]))
        self.register_buffer("few", torch.tensor([4, 1, 3]))

    def forward(self, images: Tensor) -> Tensor:
        """Of `(images, 3, h, w)`."""
        maps = torch.index_select(self.conv(images), 1, self.some)
        maps = torch.index_select(nn.functional.pad(maps, (0, 0, 0, 0, 0, 1)), 1, self.spread)
        flat = torch.flatten(nn.functional.adaptive_avg_pool2d(torch.relu(maps), 1), 1)
        answer: Tensor = self.linear(torch.index_select(flat, 1, self.few))
        return answer


def gradients(network: nn.Module, module: nn.Module, images: Tensor) -> list[Tensor]:
    """Of the sum of squares of what `module`, which shares the network's parameters, gives."""
    network.zero_grad()
    module(images).square().sum().backward()
    return [parameter.grad.clone() for parameter in network.parameters() if parameter.grad is not None]


def test_products_give_what_selections_give() -> None:
    torch.manual_seed(0)
    network, images = Gathers(), torch.randn(5, 3, 6, 6)
    traced = trace(network, (3, 6, 6))
    expected, wanted = network(images), gradients(network, network, images)
    quicken(traced)
    assert not any(node.target in (torch.index_select, nn.functional.pad) for node in traced.module.graph.nodes)
    assert traced.module(images).detach().numpy() == pytest.approx(expected.detach().numpy(), abs=1e-6)
    for found, right in zip(gradients(network, traced.module, images), wanted, strict=True):
        assert found.numpy() == pytest.approx(right.numpy(), abs=1e-6)


def test_products_keep_maps_in_channels_last_order() -> None:
    traced = trace(Gathers(), (3, 6, 6))
    quicken(traced)
    seen: list[bool] = []

    def look(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        seen.append(given[0].is_contiguous(memory_format=torch.channels_last))

    class Watched(nn.Identity):
        """Where the pool stands."""

    watched = Watched()
    watched.register_forward_pre_hook(look)
    last = next(node for node in traced.module.graph.nodes if node.target is torch.relu)
    traced.module.add_module("watched", watched)
    with traced.module.graph.inserting_before(last):
        between = traced.module.graph.call_module("watched", (last.args[0],))
    last.args = (between,)
    traced.module.recompile()
    traced.module(torch.randn(5, 3, 6, 6).to(memory_format=torch.channels_last))
    assert seen == [True]
