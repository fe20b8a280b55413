"""What a predictor is judged on was not fitted to, in any guise: looked for in the structures themselves, not in the column `group`."""

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from contracts.dataset import DONE, SPLITS

PUBLISHED = Path("datasets/published/networks.parquet")


@pytest.fixture(scope="module")
def networks() -> pd.DataFrame:
    found = pd.read_parquet(PUBLISHED)
    return found[found.status == DONE].reset_index(drop=True)


def parts(networks: pd.DataFrame, split: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is fitted to, and what is judged on."""
    column = networks[f"split_{split}"]
    return networks[column == "train"], networks[column == "test"]


def widths(spec: str) -> tuple[int, ...]:
    """Filters of all layers, in order."""
    return tuple(layer["filters"] for layer in json.loads(spec)["layers"])


def shape(spec: str) -> str:
    """The structure but for widths and channels: equal for networks that were pruned from the same one."""
    found = json.loads(spec)
    left_out = ("filters", "wires", "groups", "vectors")
    layers = [{name: value for name, value in layer.items() if name not in left_out} for layer in found["layers"]]
    return json.dumps([found["input"], layers], sort_keys=True)


def twins(one: pd.DataFrame, other: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Pairs over the border that differ in no width by more than a channel or 3 %, whatever is left of their weight vectors."""
    kinds: tuple[dict[str, set[tuple[int, ...]]], ...] = (defaultdict(set), defaultdict(set))
    for table, kind in zip((one, other), kinds, strict=True):
        for spec in table.spec.unique():
            kind[shape(spec)].add(widths(spec))
    for key in kinds[0].keys() & kinds[1].keys():
        for a, b in product(kinds[0][key], kinds[1][key]):
            if all(abs(m - n) <= max(1, 0.03 * max(m, n)) for m, n in zip(a, b, strict=True)):
                yield str(a), str(b)


@pytest.mark.parametrize("split", SPLITS)
def test_no_network_is_on_both_sides_of_a_split(networks: pd.DataFrame, split: str) -> None:
    fitted, judged = parts(networks, split)
    assert len(fitted)
    assert len(judged)
    for column in ("run", "structure", "spec", "group"):
        assert not set(fitted[column]) & set(judged[column]), column


@pytest.mark.parametrize("split", SPLITS)
def test_no_near_duplicate_is_on_both_sides_of_a_split(networks: pd.DataFrame, split: str) -> None:
    assert not list(twins(*parts(networks, split)))


@pytest.mark.parametrize(
    ("split", "columns"),
    [
        ("family", ["family"]),
        ("input", ["input_channels", "input_height", "input_width"]),
        ("accelerator", ["accelerator"]),
    ],
)
def test_what_a_split_keeps_back_was_never_seen(networks: pd.DataFrame, split: str, columns: list[str]) -> None:
    fitted, judged = (set(map(tuple, part[columns].to_numpy())) for part in parts(networks, split))
    assert not fitted & judged


def test_networks_that_calibrate_intervals_are_no_twins_of_those_fitted_to(networks: pd.DataFrame) -> None:
    from mlservice.predictors.fit import CALIBRATION_SHARE  # noqa: PLC0415  # learning libraries, for one test of many
    from mlservice.predictors.rows import rows_of  # noqa: PLC0415  # as above

    fitted, _ = parts(networks, "random")
    kept, held = rows_of(fitted).halves(CALIBRATION_SHARE, seed=0)
    assert not set(kept.table.group) & set(held.table.group)
    assert not list(twins(kept.table, held.table))


def test_a_twin_over_the_border_is_found(networks: pd.DataFrame) -> None:
    one: dict[str, Any] = json.loads(networks.spec[0])
    other = {**one, "layers": [{**layer, "filters": layer["filters"] + 1} for layer in one["layers"]]}
    tables = [pd.DataFrame({"spec": [json.dumps(found)]}) for found in (one, other)]
    assert list(twins(*tables))
