"""A plan says what will be cut, cuts exactly that, and refuses what does not fit."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch_pruning
import torchvision
from torch import nn

from contracts.accelerator import PRESETS
from contracts.errors import NetworkError
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.pruning.cost import ExpertLatency
from mlservice.pruning.gates import GatedNetwork
from mlservice.pruning.liveness import Choice
from mlservice.pruning.plan import Plan, apply_plan, choice_of, explain, plan_of
from mlservice.pruning.settle import settle
from mlservice.pruning.spaces import Adds, find_spaces
from mlservice.pruning.trace import Kind, Traced, trace
from tests.mlservice.pruning.networks import NETWORKS, lively, random_choice

COSTS = {"latency_ms": ExpertLatency(PRESETS["pynq-8x32"])}


def resnet8() -> Traced:
    torch.manual_seed(0)
    return trace(lively(ResNet8(ResNet8Options(input_channels=1))), (1, 28, 28))


def planned(traced: Traced, adds: Adds = Adds.SHARED, vectors: bool = True) -> tuple[Plan, Choice]:
    choice = random_choice(traced, find_spaces(traced, adds))
    choice = Choice(choice.gates, choice.vectors if vectors else {})
    return plan_of(traced, adds, choice, COSTS), choice


@pytest.mark.parametrize("adds", list(Adds))
def test_a_plan_kept_as_text_cuts_what_the_choice_cuts(adds: Adds) -> None:
    plan, choice = planned(resnet8(), adds)
    again = Plan.from_json(plan.to_json())
    assert again == plan
    images = torch.randn(4, 1, 28, 28)
    gated = GatedNetwork(resnet8(), find_spaces(resnet8(), adds), rows=8)
    gated.set(choice)
    with torch.inference_mode():
        torch.testing.assert_close(apply_plan(again, resnet8())(images), settle(gated)(images), rtol=0, atol=1e-5)


def test_a_plan_says_what_is_coupled_why_and_what_it_brings() -> None:
    plan, _ = planned(resnet8())
    assert ("stem.1", "blocks.0.second.1") in {coupling.layers for coupling in plan.couplings}
    assert plan.after["latency_ms"] < plan.before["latency_ms"]
    parameters = sum(p.numel() for p in ResNet8(ResNet8Options(input_channels=1)).parameters())
    assert plan.after["parameters"] < plan.before["parameters"] == parameters
    said = explain(plan)
    assert "stem.1, blocks.0.second.1 keep the same channels, because add adds them" in said
    assert "blocks.0.first.1, made by blocks.0.first.0: keeps" in said
    assert "weight vectors" in said


def test_a_plan_of_another_network_is_refused() -> None:
    plan, _ = planned(resnet8())
    other = trace(ResNet8(ResNet8Options((8, 16, 32), input_channels=1)), (1, 28, 28))
    with pytest.raises(NetworkError, match=rf"the plan is for ResNet8 {plan.digest}, and this is ResNet8"):
        apply_plan(plan, other)


def edited(plan: Plan, layer: str, kept: list[int]) -> Plan:
    values = json.loads(plan.to_json())
    next(each for each in values["layers"] if each["layer"] == layer)["kept"] = kept
    return Plan.from_json(json.dumps(values))


def test_edits_that_the_network_cannot_follow_are_refused_by_name() -> None:
    traced = resnet8()
    plan, _ = planned(traced, vectors=False)
    with pytest.raises(
        NetworkError, match=r"blocks\.0\.second\.1 keeps channel 0 and stem\.1 does not: an add couples"
    ):
        choice_of(edited(plan, "stem.1", [1]), traced)
    with pytest.raises(NetworkError, match=r"blocks\.0\.first\.1 has channels 0 to 15; the plan keeps \[16\]"):
        choice_of(edited(plan, "blocks.0.first.1", [3, 16]), traced)
    with pytest.raises(NetworkError, match=r"blocks\.0\.first\.1 keeps no channel"):
        choice_of(edited(plan, "blocks.0.first.1", []), traced)
    with pytest.raises(NetworkError, match="this is no plan"):
        Plan.from_json("[]")


def test_an_edit_that_the_network_can_follow_is_followed() -> None:
    traced = resnet8()
    plan, _ = planned(traced, vectors=False)
    small = apply_plan(edited(plan, "blocks.0.first.1", [0, 5, 7]), traced)
    assert small.get_submodule("blocks_0_first_0").out_channels == 3


ORACLE = {
    "resnet18": NETWORKS["resnet18"],
    "densenet": NETWORKS["densenet"],
    "mobilenet_v2": (lambda: torchvision.models.mobilenet_v2(width_mult=0.25, num_classes=10), (3, 64, 64)),
    "resnet8": NETWORKS["resnet8"],
}


@pytest.mark.parametrize("name", ORACLE)
def test_shared_groups_are_those_of_torch_pruning(name: str) -> None:
    make, shape = ORACLE[name]
    network = make().eval()
    ours = set(_our_groups(trace(network, shape)))
    theirs = set(_their_groups(network, shape))
    assert ours == theirs


def _our_groups(traced: Traced) -> Iterator[frozenset[str]]:
    """Convolutions whose filters go together."""
    spaces = find_spaces(traced, Adds.SHARED)
    for group in spaces.groups():
        makers = set()
        for site, _ in spaces.members(int(group[0])):
            unit = traced.units[site]
            source = traced.units[unit.sources[0]]
            maker = source if unit.kind is Kind.NORM and source.kind is Kind.CONV else unit
            if maker.kind is Kind.CONV:
                makers.add(str(maker.module))
        if makers:
            yield frozenset(makers)


def _their_groups(network: nn.Module, shape: tuple[int, int, int]) -> Iterator[frozenset[str]]:
    graph = torch_pruning.DependencyGraph().build_dependency(network, torch.zeros(1, *shape))
    names = {module: name for name, module in network.named_modules()}
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups == 1:
            group = graph.get_pruning_group(module, torch_pruning.prune_conv_out_channels, [0])
            yield frozenset(
                names[dep.target.module]
                for dep, _ in group
                if graph.is_out_channel_pruning_fn(dep.handler)
                and isinstance(dep.target.module, nn.Conv2d)
                and dep.target.module.groups == 1
            )


def test_every_gate_is_said_once() -> None:
    traced = resnet8()
    plan, choice = planned(traced, Adds.INDEXED)
    assert np.array_equal(choice_of(plan, traced).gates, choice.gates)
