"""The data set as predictors are fitted to it: features from the structures alone, and what was measured."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.dataset import DONE, LAYERS, NETWORKS, SPLITS, accelerator_of
from contracts.errors import InputError
from contracts.structure import Structure
from mlservice.predictors.batch import Batch, Query
from mlservice.predictors.targets import Target

Reals = NDArray[np.float64]
LEAST_ROWS: Final = 20
_NEEDED: Final = ("run", "family", "accelerator", "spec", "group", "cycles", "energy_mj", "energy_table", "status")
_NEEDED_FOR_ACCURACY: Final = ("structure", "family", "spec", "group", "accuracy", "accuracy_data")
_LEAST_MISSED: Final = 1e-4
"""Share of the test images: no more is known of a network that gets all of them right."""
_MEASURED: Final = {Target.LATENCY: "cycles", Target.ENERGY: "energy_mj"}


@dataclass(frozen=True, eq=False)
class Rows:
    """Simulated networks.

    Attributes:
        table: columns of `contracts.dataset.NETWORK_COLUMNS`, one row per network and accelerator; per network, where accuracy is learned.
        batch: their features, in the same order.
        measured: [networks] by target: cycles, and mJ; or the share of test images that the trained network misses.
        per_pass: [passes of all networks] the same, where the table of layers was given.
        digest: of everything above, 16 hexadecimal digits.
    """

    table: pd.DataFrame
    batch: Batch
    measured: dict[Target, Reals]
    per_pass: dict[Target, Reals]
    digest: str

    def __len__(self) -> int:
        return len(self.table)

    def taken(self, which: NDArray[np.int64]) -> "Rows":
        """Some of the rows."""
        batch = self.batch.taken(which)
        numbered = replace(self.batch, expert_cycles=np.arange(len(self.batch.owner), dtype=float)).taken(which)
        places = numbered.expert_cycles.astype(np.int64)
        return Rows(
            self.table.iloc[which].reset_index(drop=True),
            batch,
            {target: values[which] for target, values in self.measured.items()},
            {target: values[places] for target, values in self.per_pass.items()},
            self.digest,
        )

    def split(self, name: str) -> "tuple[Rows, Rows]":
        """Training and test part of a split of the data set.

        Raises:
            InputError: there is no such split, or one of its parts is empty.
        """
        if name not in SPLITS:
            raise InputError(f"split is {name!r}; known are {', '.join(SPLITS)}")
        column = self.table.get(f"split_{name}")
        whole = column if column is not None else pd.Series([None] * len(self))
        parts = [np.flatnonzero(whole == part) for part in ("train", "test")]
        if not all(len(part) for part in parts):
            raise InputError(f"the data set has no rows to train on, or none to test, in split {name!r}")
        return self.taken(parts[0]), self.taken(parts[1])

    def halves(self, share: float, seed: int) -> "tuple[Rows, Rows]":
        """Two parts that no group of near-duplicates is on both sides of; the second has about that share of the groups."""
        groups = self.table["group"].astype(str).to_numpy()
        salted = {name: hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8] for name in np.unique(groups)}
        second = np.asarray([int.from_bytes(salted[name], "little") < share * 2**64 for name in groups])
        return self.taken(np.flatnonzero(~second)), self.taken(np.flatnonzero(second))


def load(folder: Path, target: Target = Target.LATENCY) -> Rows:
    """A data set as a campaign writes it: `networks.parquet`, and `layers.parquet` where there is one and the target is a cost.

    Raises:
        InputError: a file is missing, is no Parquet, lacks a column, or has too few networks that were simulated, or trained.
    """
    layers = folder / f"{LAYERS}.parquet"
    return read(folder / f"{NETWORKS}.parquet", layers if layers.is_file() else None, target)


def read(networks: Path, layers: Path | None, target: Target = Target.LATENCY) -> Rows:
    """The same from the two files, wherever they are."""
    if target is Target.ACCURACY:
        return accuracy_rows(_table(networks))
    return rows_of(_table(networks), _table(layers) if layers is not None else None)


def rows_of(networks: pd.DataFrame, layers: pd.DataFrame | None = None) -> Rows:
    """From the data set's tables; rows of failed simulations are left out.

    Raises:
        InputError: a column is missing, or there are too few simulated networks.
    """
    missing = [name for name in _NEEDED if name not in networks]
    if missing:
        raise InputError(f"the data set's networks have no column {missing[0]!r}; a campaign writes all of them")
    table = networks[networks["status"] == DONE].reset_index(drop=True)
    if len(table) < LEAST_ROWS:
        raise InputError(f"the data set has {len(table)} simulated networks; fitting needs {LEAST_ROWS} at least")
    batch = Batch.of([_query(row) for row in table.to_dict("records")])
    measured = {target: table[column].to_numpy(float) for target, column in _MEASURED.items()}
    per_pass = _per_pass(batch, table, layers) if layers is not None else {}
    return Rows(table, batch, measured, per_pass, _digest(table))


def accuracy_rows(networks: pd.DataFrame) -> Rows:
    """From the same table: networks that were trained, each once, on whatever it was simulated.

    Raises:
        InputError: a column is missing, there are too few trained networks, or they were trained on several data sets.
    """
    missing = [name for name in _NEEDED_FOR_ACCURACY if name not in networks]
    if missing:
        raise InputError(f"the data set's networks have no column {missing[0]!r}; a campaign writes all of them")
    table = networks[networks["accuracy"].notna()].drop_duplicates("structure").reset_index(drop=True)
    if len(table) < LEAST_ROWS:
        raise InputError(
            f"the data set has {len(table)} trained networks; fitting needs {LEAST_ROWS} at least: give the campaign [accuracy]"
        )
    if len(data := sorted(set(table["accuracy_data"]))) > 1:
        raise InputError(f"the networks were trained on {', '.join(data)}; a predictor of accuracy is of one data set")
    structures = [
        Structure.from_json(str(spec), str(name)) for spec, name in zip(table["spec"], table["structure"], strict=True)
    ]
    missed = np.maximum(1 - table["accuracy"].to_numpy(float), _LEAST_MISSED)
    lines = table.sort_values("structure")[["structure", "accuracy"]].itertuples(index=False)
    return Rows(table, Batch.of_structures(structures), {Target.ACCURACY: missed}, {}, _digest_of(lines))


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as Parquet: {error}") from error


def _query(row: dict[Any, Any]) -> Query:
    structure = Structure.from_json(str(row["spec"]), str(row["run"]))
    return Query(structure, accelerator_of(row), str(row["energy_table"] or ""))


def _per_pass(batch: Batch, table: pd.DataFrame, layers: pd.DataFrame) -> dict[Target, Reals]:
    """What each pass cost, the tail with the last one; nothing where the passes are not those that were foretold."""
    ordered = layers[layers["run"].isin(table["run"])].sort_values(["run", "index"], kind="stable")
    spans = ordered.groupby("run", sort=False).indices
    counts = np.bincount(batch.owner, minlength=len(batch))
    found: dict[Target, list[Reals]] = {target: [] for target in _MEASURED}
    values = {target: ordered[column].to_numpy(float) for target, column in _MEASURED.items()}
    for run, count in zip(table["run"], counts, strict=True):
        places = spans.get(run, np.empty(0, np.int64))
        for target, parts in found.items():
            parts.append(_as_passes(values[target][places], int(count)))
    return {target: np.concatenate(parts) for target, parts in found.items()}


def _as_passes(stretches: Reals, count: int) -> Reals:
    if len(stretches) == count + 1:
        stretches = np.concatenate([stretches[: count - 1], [stretches[count - 1] + stretches[count]]])
    return stretches if len(stretches) == count else np.full(count, np.nan)


def _digest(table: pd.DataFrame) -> str:
    return _digest_of(table.sort_values("run")[["run", "cycles", "energy_mj"]].itertuples(index=False))


def _digest_of(lines: Iterable[tuple[Any, ...]]) -> str:
    return hashlib.sha256("\n".join(map(repr, map(tuple, lines))).encode()).hexdigest()[:16]
