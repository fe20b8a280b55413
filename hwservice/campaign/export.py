"""From the journal to Parquet tables and a data card; a part of the rows is in memory at a time."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.dataset import DONE, LAYER_COLUMNS, LAYERS, NETWORK_COLUMNS, NETWORKS, Column
from contracts.errors import InputError
from contracts.structure import Structure
from contracts.training import CURVES, TRAINING, TRAINING_COLUMNS
from hwservice.campaign.card import Exported, write_card
from hwservice.campaign.definition import Campaign, load_campaign
from hwservice.campaign.journal import Replaced, records
from hwservice.campaign.measure import Record
from hwservice.campaign.members import Members
from hwservice.campaign.runner import DEFINITION, places_of
from hwservice.campaign.splits import Member, groups_of, sides, width_sides, widths_of
from hwservice.campaign.training import Work, results

BATCH_ROWS = 2000
"""Rows of `networks` that are written at a time, with their layers."""
_TYPES: Final = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64(), "boolean": pa.bool_()}


def export(folder: Path, target: Path | None = None, simulator: str = "rtl", networks: int | None = None) -> Exported:
    """Write `networks.parquet`, `layers.parquet`, `training.parquet` where networks were trained, and the data card.

    The tables hold the rows of the folder's definition, and no others.

    Args:
        folder: of a campaign.
        target: where they go; the campaign's own folder where absent.
        simulator: as for `run_campaign`.
        networks: a sample of about so many; all where absent.

    Raises:
        InputError: there is no campaign, the sample would be larger than it, or it has no row made by the code as it is now.
    """
    campaign = load_campaign(folder / DEFINITION)
    if networks is not None:
        if not 1 <= networks <= campaign.networks:
            raise InputError(
                f"a sample of {networks} networks: the campaign has {campaign.networks}; give 1 to that many"
            )
        campaign = campaign.sample_of(networks)
    codes = {place.accelerator.name: place.code for place in places_of(campaign, simulator)}
    found = Exported(target or folder)
    found.folder.mkdir(parents=True, exist_ok=True)
    assigned = _Splits(campaign, _current(campaign, folder, codes))
    if not assigned.groups:
        raise InputError(f"{folder} has no row that the code as it is now made; run the campaign first")
    paths = {name: found.folder / f"{name}.parquet" for name in (NETWORKS, LAYERS)}
    trainings = [_training_row(work, result) for work, result in results(campaign, folder)]
    accuracies = _accuracies(campaign, trainings)
    with _writer(paths[NETWORKS], NETWORK_COLUMNS) as upper, _writer(paths[LAYERS], LAYER_COLUMNS) as lower:
        for batch in _batches(_current(campaign, folder, codes)):
            rows = [
                {**record.network, **assigned.of(record), **accuracies.get(record.structure, {})} for record in batch
            ]
            below = [row for record in batch for row in _layer_rows(record)]
            upper.write_table(_table(rows, NETWORK_COLUMNS))
            lower.write_table(_table(below, LAYER_COLUMNS))
            found.rows += len(rows)
            found.failures += sum(row["status"] != "done" for row in rows)
            found.layers += len(below)
    if trainings:
        paths[TRAINING] = found.folder / f"{TRAINING}.parquet"
        found.trainings = _write_trainings(paths[TRAINING], trainings, assigned.groups)
    found.left_out = sum(1 for _ in records(folder)) - found.rows
    found.files = {path.name: _sha256(path) for path in paths.values()}
    write_card(campaign, found)
    return found


def _training_row(work: Work, result: dict[str, Any]) -> dict[str, Any]:
    """As the table has it: with where the network came from, and curves as JSON."""
    curves: dict[str, Any] = {name: json.dumps(result[name]) for name in CURVES if name in result}
    return {**result, **curves, "family": work.drawn.family, "base": work.drawn.base}


def _accuracies(campaign: Campaign, trainings: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Columns of `networks` by structure, from the trainings with the plan's own seed."""
    if campaign.accuracy is None:
        return {}
    seed = campaign.accuracy.plan.seed
    return {
        row["structure"]: {
            "accuracy": row["accuracy"],
            "accuracy_data": row["data"],
            "accuracy_epochs": row["epochs"],
            "accuracy_curve": row["accuracy_curve"],
        }
        for row in trainings
        if row["seed"] == seed and row["status"] == DONE
    }


def _write_trainings(path: Path, trainings: list[dict[str, Any]], groups: dict[str, str]) -> int:
    """Trainings of networks that have rows."""
    rows = [{**row, "group": groups[row["structure"]]} for row in trainings if row["structure"] in groups]
    with _writer(path, TRAINING_COLUMNS) as table:
        table.write_table(_table(rows, TRAINING_COLUMNS))
    return len(rows)


def schema(columns: Iterable[Column]) -> pa.Schema:
    """Types, units and origins."""
    fields = []
    for column in columns:
        about = {"unit": column.unit, "origin": column.origin, "what": column.what}
        fields.append(pa.field(column.name, _TYPES[column.kind], nullable=column.null, metadata=about))
    return pa.schema(fields)


def _current(campaign: Campaign, folder: Path, codes: dict[str, str]) -> Iterator[Record]:
    """Rows that the code as it is now would make again for this definition, each once."""
    seen: set[bytes] = set()
    replaced, members = Replaced(folder), Members(campaign, folder)
    for record in records(folder):
        run = bytes.fromhex(record.run)
        stale = record.network["code"] != codes.get(record.network["accelerator"])
        if not stale and run not in seen and not replaced(record) and record.structure in members:
            seen.add(run)
            yield record


class _Splits:
    """Groups of near-duplicates and sides of the width split, base by base."""

    def __init__(self, campaign: Campaign, found: Iterator[Record]) -> None:
        self.held_out = campaign.held_out
        by_base: dict[tuple[str, int, int, int], dict[str, Member]] = {}
        for record in found:
            row = record.network
            key = (row["base"], row["input_channels"], row["input_height"], row["input_width"])
            known = by_base.setdefault(key, {})
            if record.structure not in known:
                widths = widths_of(Structure.from_json(row["spec"], record.structure))
                known[record.structure] = Member(record.structure, row["kept_ratio"], widths)
        self.groups: dict[str, str] = {}
        self.width: dict[str, str | None] = {}
        for members in by_base.values():
            groups = groups_of(list(members.values()))
            self.groups |= groups
            self.width |= width_sides(list(members.values()), groups)

    def of(self, record: Record) -> dict[str, Any]:
        """The columns that only the whole data set decides."""
        group = self.groups[record.structure]
        return {"group": group, **sides(record.network, group, self.width[group], self.held_out)}


def _layer_rows(record: Record) -> Iterator[dict[str, Any]]:
    shared = {name: record.network[name] for name in ("run", "structure", "accelerator", "family")}
    names = list(record.layers)
    for values in zip(*record.layers.values(), strict=True):
        yield {**shared, **dict(zip(names, values, strict=True))}


def _batches(found: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for record in found:
        batch.append(record)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _writer(path: Path, columns: tuple[Column, ...]) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema(columns), compression="zstd", compression_level=12)


def _table(rows: list[dict[str, Any]], columns: tuple[Column, ...]) -> pa.Table:
    arrays = [pa.array([row.get(c.name) for row in rows], _TYPES[c.kind]) for c in columns]
    return pa.Table.from_arrays(arrays, schema=schema(columns))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
