"""Which channels go together, and which networks are refused."""

import pytest
import torch
import torch_pruning
from torch import nn

from contracts.errors import NetworkError
from mlservice.pruning.spaces import Adds, find_spaces
from mlservice.pruning.trace import Kind, Traced, trace
from tests.mlservice.pruning.networks import NETWORKS


def test_shared_adds_couple_the_convolutions_that_torch_pruning_couples() -> None:
    make, shape = NETWORKS["resnet8"]
    network = make()
    names = {module: name for name, module in network.named_modules()}
    oracle = torch_pruning.DependencyGraph().build_dependency(network, torch.zeros(1, *shape))
    expected = {
        frozenset(
            names[each.dep.target.module]
            for each in group
            if isinstance(each.dep.target.module, nn.Conv2d) and "out_channels" in each.dep.handler.__name__
        )
        for group in oracle.get_all_groups(ignored_layers=[network.classifier])
    }
    assert _coupled(trace(network, shape)) == expected


def _coupled(traced: Traced) -> set[frozenset[str]]:
    """Convolutions by the gates of their filters: their own, or those of the normalisation behind them."""
    sites = find_spaces(traced, Adds.SHARED).sites
    by_gates: dict[tuple[int, ...], set[str]] = {}
    for unit in traced.of_kind(Kind.CONV):
        site = unit.name if unit.name in sites else traced.readers[unit.name][0]
        by_gates.setdefault(tuple(sites[site].tolist()), set()).add(str(unit.module))
    return {frozenset(names) for names in by_gates.values()}


def test_indexed_adds_leave_every_site_its_own_gates() -> None:
    traced = trace(NETWORKS["resnet8"][0](), (1, 28, 28))
    spaces = find_spaces(traced, Adds.INDEXED)
    assert spaces.count == sum(len(ids) for ids in spaces.sites.values()) == 336
    assert spaces.members(0) == (("stem_1", 0),)


def test_a_coupling_says_which_unit_couples() -> None:
    traced = trace(NETWORKS["resnet8"][0](), (1, 28, 28))
    assert ("blocks_0_second_1", "stem_1", "add") in find_spaces(traced, Adds.SHARED).reasons


def test_the_classifier_and_the_input_have_no_gates() -> None:
    traced = trace(NETWORKS["plain"][0](), (1, 16, 16))
    spaces = find_spaces(traced, Adds.INDEXED)
    linear = [unit.name for unit in traced.of_kind(Kind.LINEAR)]
    assert [name in spaces.sites for name in linear] == [True, False]


class Branching(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


class Sigmoid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.gate = nn.Sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.gate(self.conv(x))
        return found


@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        (Branching(), "Branching cannot be traced"),
        (Sigmoid(), "gate is a Sigmoid, which pruning does not understand"),
        (nn.Conv2d(4, 8, 3, groups=2), "Conv2d does not take images"),
        (nn.Sequential(nn.Conv2d(3, 6, 1), nn.Conv2d(6, 6, 3, groups=3)), "1 has 3 groups"),
    ],
)
def test_what_cannot_be_pruned_is_refused_by_name(network: nn.Module, complaint: str) -> None:
    with pytest.raises(NetworkError, match=complaint):
        trace(network, (3, 8, 8))
