"""What predictors, targets and splits are called on pages."""

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "expert": "the closed form: fitted to nothing",
    "linear": "naive: MACs, parameters and bytes, weighted",
    "network": "learned: CatBoost on the whole network",
    "layers": "learned: CatBoost on each pass of the array, summed",
    "hybrid": "learned on what the expert misses, whole network",
    "hybrid-layers": "learned on what the expert misses, pass by pass",
    "surrogate": "a small network of torch, differentiable",
}
"""Kinds with what they are; `mlservice.predictors.kinds` names them."""
TARGETS: Final[Mapping[str, str]] = {"latency": "latency, ms", "energy": "energy, mJ"}
SPLIT_NAMES: Final[Mapping[str, str]] = {
    "random": "random",
    "width": "unseen widths",
    "family": "unseen family",
    "input": "unseen input size",
    "accelerator": "unseen accelerator",
}
"""What a split keeps back."""


def split_name(split: str) -> str:
    """What a split keeps back, in words; one that has no words stays as it is."""
    return SPLIT_NAMES.get(split, split)
