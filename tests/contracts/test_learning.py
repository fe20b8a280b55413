"""What training jobs are told is checked alike wherever it comes in; refusals name the field, the value and what would be right."""

from typing import Any

import pytest

from contracts.learning import OptionError, ParetoOptions, PruneOptions, TrainOptions


def test_options_go_to_json_and_back() -> None:
    pruned = PruneOptions(network="resnet20", latency_ms=0.2, accelerator={"name": "mine", "rows": 16, "lanes": 16})
    assert PruneOptions.from_mapping(pruned.to_mapping()) == pruned
    swept = ParetoOptions(methods=("priced-gates", "dense"), shares=(0.5, 0.25), seeds=(0, 1, 2))
    assert ParetoOptions.from_mapping(swept.to_mapping()) == swept
    assert swept.runs == 12


WRONG: dict[str, tuple[type[TrainOptions | ParetoOptions], dict[str, Any], str, str]] = {
    "an unknown field": (TrainOptions, {"layers": 3}, "layers", "layers is unknown; known are network, data"),
    "text for a number": (TrainOptions, {"epochs": "8"}, "epochs", "epochs is '8'; give a whole number"),
    "a truth for a number": (TrainOptions, {"seed": True}, "seed", "seed is True; give a whole number"),
    "no epoch": (TrainOptions, {"epochs": 0}, "epochs", "epochs is 0; give 1 to 1000"),
    "a program": (TrainOptions, {"network": "mine.py:Net"}, "network", "would be run as a program, and none from outside"),
    "a path": (TrainOptions, {"data": "/etc/passwd"}, "data", "give a name such as fashion-mnist, or an uploaded"),
    "a share of all": (TrainOptions, {"validation_share": 1.0}, "validation_share", "give a share from 0 to below 1"),
    "no number": (TrainOptions, {"peak_learning_rate": float("nan")}, "peak_learning_rate", "give a number above 0"),
    "a precision": (TrainOptions, {"precision": "int8"}, "precision", "give one of auto, float32, bfloat16"),
    "no budget": (PruneOptions, {}, "latency_ms", "there is no budget; give latency_ms, energy_mj, or both"),
    "a budget of nothing": (PruneOptions, {"energy_mj": 0}, "energy_mj", "energy_mj is 0; give a number above 0"),
    "an accelerator": (PruneOptions, {"latency_ms": 1, "accelerator": "pynq"}, "accelerator", "presets are edge-8x8"),
    "a cost": (PruneOptions, {"latency_ms": 1, "cost": "guess"}, "cost", "give expert, learned, surrogate, macs or"),
    "both kinds of budgets": (ParetoOptions, {"shares": [0.5], "budgets_ms": [1.0]}, "shares", "give one of shares, budgets_ms, budgets_mj"),
    "a share above all": (ParetoOptions, {"shares": [1.5]}, "shares", "a share is 1.5; give shares above 0, up to 1"),
    "an energy of nothing": (ParetoOptions, {"budgets_mj": [0.5, 0]}, "budgets_mj", "budgets_mj is 0; give a number above"),
    "no budget of a sweep": (ParetoOptions, {"shares": []}, "shares", "there is no budget; give one of"),
    "no seeds": (ParetoOptions, {"shares": [0.5], "seeds": []}, "methods", "give at least one of each"),
    "numbers for names": (ParetoOptions, {"shares": [0.5], "methods": [1]}, "methods", "give a list, each text"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_value_and_a_fix(case: str) -> None:
    kind, values, field, words = WRONG[case]
    with pytest.raises(OptionError) as refused:
        kind.from_mapping(values)
    assert refused.value.field == field
    assert words in str(refused.value)
