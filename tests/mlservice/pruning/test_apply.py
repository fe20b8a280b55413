"""A network that has been cut computes what the masked one computes, whatever its adds and concatenations keep."""

import copy

import numpy as np
import pytest
import torch

from mlservice.pruning.apply import apply
from mlservice.pruning.gates import GatedNetwork
from mlservice.pruning.liveness import Choice, find_live
from mlservice.pruning.settle import settle
from mlservice.pruning.spaces import NO_GATES, Adds, find_spaces
from mlservice.pruning.trace import Kind, trace
from tests.mlservice.pruning.networks import NETWORKS, lively, random_choice


def gated(name: str, adds: Adds = Adds.INDEXED, kept: float = 0.6) -> tuple[GatedNetwork, torch.Tensor]:
    make, shape = NETWORKS[name]
    traced = trace(lively(make()), shape)
    spaces = find_spaces(traced, adds)
    network = GatedNetwork(traced, spaces, 8)
    network.set(random_choice(traced, spaces, kept=kept))
    return network, torch.randn(2, *shape, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("adds", list(Adds))
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_the_cut_network_computes_what_the_masked_one_does(name: str, adds: Adds) -> None:
    network, images = gated(name, adds)
    masked, small = network.traced.module.eval(), settle(network)
    with torch.inference_mode():
        expected = masked(images)
        torch.testing.assert_close(small(images), expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))
    counts = [sum(p.numel() for p in each.parameters()) for each in (masked, small)]
    assert counts[1] < 0.7 * counts[0]


def test_a_cut_network_can_be_cut_again() -> None:
    network, images = gated("resnet8")
    once = trace(apply(network.traced, network.spaces, network.choice).module.eval(), (1, 28, 28))
    again = GatedNetwork(once, find_spaces(once, Adds.INDEXED), 8)
    again.set(random_choice(once, again.spaces, seed=5))
    with torch.inference_mode():
        torch.testing.assert_close(settle(again)(images), once.module(images), rtol=1e-4, atol=1e-4)


def test_momentum_is_cut_as_the_weights_are() -> None:
    network, _ = gated("resnet8")
    before = dict(network.traced.module.named_parameters())
    small = apply(network.traced, network.spaces, network.choice)
    for name, parameter in small.module.named_parameters():
        cut = small.cuts[name]
        found = cut.of(before[cut.name].detach())
        mask = getattr(small.module.get_submodule(name.rpartition(".")[0]), "mask", None)
        torch.testing.assert_close(parameter.detach(), found if mask is None or "bias" in name else found * mask)


def test_a_block_all_of_whose_gates_are_closed_disappears() -> None:
    network, images = gated("resnet8", kept=1.0)
    gates = network.choice.gates.copy()
    gates[network.spaces.sites["blocks_0_second_1"]] = False
    network.set(Choice(gates, {}))
    small = settle(network)
    assert not any(name.startswith("blocks_0_first") for name, _ in small.named_modules())
    with torch.inference_mode():
        torch.testing.assert_close(small(images), network.traced.module.eval()(images), rtol=1e-4, atol=1e-4)


def test_sides_of_an_add_keep_their_own_channels_only_where_they_are_indexed() -> None:
    for adds, equal in ((Adds.SHARED, True), (Adds.INDEXED, False)):
        network, _ = gated("resnet8", adds)
        live = find_live(network.traced, network.spaces, network.choice)
        sides = [live.kept[name] for name in network.traced.units["add"].sources]
        assert np.array_equal(sides[0], sides[1]) is equal


def test_without_gates_and_with_all_vectors_nothing_changes() -> None:
    make, shape = NETWORKS["resnet8"]
    traced = trace(lively(make()), shape)
    everything = Choice(np.ones(0, bool), {})
    small = apply(traced, NO_GATES, everything).module
    assert [p.shape for p in small.parameters()] == [p.shape for p in traced.module.parameters()]
    images = torch.randn(2, *shape)
    with torch.inference_mode():
        torch.testing.assert_close(small(images), copy.deepcopy(traced.module)(images))


def test_every_convolution_of_a_cut_network_reads_and_gives_something() -> None:
    network, _ = gated("densenet")
    for module in settle(network).modules():
        if isinstance(module, torch.nn.Conv2d):
            assert min(module.in_channels, module.out_channels) >= 1
    assert network.traced.of_kind(Kind.CONCAT)
