"""The data card, generated from the data: what is in it, how it was measured, how to load it, what it may be used for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from contracts.dataset import LAYER_COLUMNS, LAYERS, NETWORK_COLUMNS, NETWORKS, SPLITS, Column
from contracts.energy import load_table
from contracts.training import TRAINING, TRAINING_COLUMNS
from hwservice.campaign import splits
from hwservice.campaign.definition import Campaign

CARD = "DATACARD.md"
_LEAST_PAIRS = 3
RANGES = ("macs", "parameters", "kept_ratio", "vector_density", "cycles", "latency_ms", "energy_mj", "utilisation")
LOADER = """```python
import pandas as pd

networks = pd.read_parquet("networks.parquet")
layers = pd.read_parquet("layers.parquet")  # layers.run == networks.run
```"""


@dataclass
class Exported:
    """What was written."""

    folder: Path
    rows: int = 0
    failures: int = 0
    layers: int = 0
    trainings: int = 0
    left_out: int = 0
    """Rows of other code, or of networks that the definition does not draw: they do not belong to the same data set."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each."""


def write_card(campaign: Campaign, exported: Exported) -> None:
    """Write the card beside the tables."""
    table = pq.read_table(exported.folder / f"{NETWORKS}.parquet", columns=_NEEDED).to_pandas()
    (exported.folder / CARD).write_text("\n".join(_lines(campaign, exported, table)) + "\n")


_NEEDED = [
    *(
        "accelerator",
        "family",
        "sampler",
        "structure",
        "status",
        "reason",
        "unequal",
        "bit_exact",
        "code",
        "energy_table",
    ),
    *("input_channels", "input_height", "input_width", "expert_cycles", *RANGES, *(f"split_{s}" for s in SPLITS)),
]


def _lines(campaign: Campaign, exported: Exported, table: Any) -> Iterator[str]:
    done = table[table.status == "done"]
    yield f"# {campaign.name}"
    yield ""
    if campaign.note:
        yield f"**{campaign.note}**\n"
    yield (
        f"{len(table):,} rows: {table.structure.nunique():,} pruned convolutional networks of {table.family.nunique()} families, each "
        f"compiled for and simulated whole on the RTL of up to {table.accelerator.nunique()} accelerators; {exported.layers:,} rows "
        "of layers."
    )
    yield f"{exported.failures:,} rows failed and hold the reason. Licence: {campaign.licence}."
    yield ""
    yield from _section("Load", [LOADER])
    yield from _section("Composition", _composition(table))
    yield from _section("Ranges", _ranges(done))
    yield from _section("How it was measured", _measured(done))
    if exported.trainings:
        yield from _section("Training", _training(pq.read_table(exported.folder / f"{TRAINING}.parquet").to_pandas()))
    yield from _section("Splits", _splits(campaign, table))
    if exported.failures:
        reasons = table[table.status != "done"].reason.str.slice(0, 80).value_counts()
        yield from _section("Failures", _table(("reason", "rows"), reasons.items()))
    yield from _section("Files", _table(("file", "SHA-256"), exported.files.items()))
    yield from _section(f"Columns of `{NETWORKS}`", _columns(NETWORK_COLUMNS))
    yield from _section(f"Columns of `{LAYERS}`", _columns(LAYER_COLUMNS))
    if exported.trainings:
        yield from _section(f"Columns of `{TRAINING}`", _columns(TRAINING_COLUMNS))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from lines
    yield ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"


def _composition(table: Any) -> Iterator[str]:
    for columns, title in (
        (["family", "accelerator"], "rows by family and accelerator"),
        (["family", "sampler"], "rows by family and sampler"),
    ):
        counts = table.groupby(columns).size().unstack(fill_value=0)
        yield from _table(
            (title, *counts.columns), ((name, *row) for name, row in zip(counts.index, counts.values, strict=True))
        )
        yield ""
    sizes = table.groupby(["input_channels", "input_height", "input_width"]).size()
    yield "Inputs: " + ", ".join(f"{c} x {h} x {w} ({n:,})" for (c, h, w), n in sizes.items()) + "."
    yield f"Unequal sides of adds in {int(table.unequal.sum()):,} rows; weight vectors left out in {int((table.vector_density < 1).sum()):,}."


def _ranges(done: Any) -> Iterator[str]:
    shown = done[list(RANGES)].quantile([0, 0.5, 1]).T
    yield from _table(
        ("column", "least", "median", "greatest"),
        ((n, *(f"{v:.4g}" for v in r)) for n, r in zip(shown.index, shown.values, strict=True)),
    )


def _measured(done: Any) -> Iterator[str]:
    checked = done.bit_exact.dropna()
    error = (done.expert_cycles / done.cycles - 1).abs()
    yield (
        "Each row is one inference of one network on the Verilated RTL of one accelerator, batch 1, all counters from the hardware. "
        "Weights are drawn from `weight_seed`, activations do not influence cycles. The network is rebuilt exactly from `spec` "
        "(`contracts.structure.Structure.from_json`, then `hwservice.structures.model.onnx_model`)."
    )
    yield ""
    yield f"The outputs of {len(checked):,} rows were compared with the bit-exact integer model: {int(checked.sum()):,} equal."
    yield f"The closed-form expert estimate beside it is off by {100 * error.mean():.2f} % in the mean (median {100 * error.median():.2f} %)."
    yield "Clocks are those of the accelerators' descriptions (`hw_clock_mhz`); latency is cycles / clock."
    yield ""
    for name in sorted(done.energy_table.unique()):
        table = load_table(name)
        rows = [
            (a, e.interval.value, f"{e.interval.low} to {e.interval.high}", e.unit, e.source)
            for a, e in table.actions.items()
        ]
        rows += [
            (f"dram {k}", e.interval.value, f"{e.interval.low} to {e.interval.high}", e.unit, e.source)
            for k, e in table.dram.items()
        ]
        rows += [
            (f"static {k}", e.interval.value, f"{e.interval.low} to {e.interval.high}", e.unit, e.source)
            for k, e in table.static.items()
        ]
        yield f"Energy is modelled: counters x table `{name}`; `energy_low_mj` and `energy_high_mj` are its bounds."
        yield ""
        yield from _table(("action", "value", "credible", "unit", "source"), rows)
        yield ""
    yield (
        "Code digests: "
        + ", ".join(f"{a} `{c}`" for a, c in sorted(set(zip(done.accelerator, done.code, strict=True))))
        + "."
    )


def _training(trained: Any) -> Iterator[str]:
    first = trained.drop_duplicates("structure")
    one = first.iloc[0]
    yield (
        f"{len(first):,} of the networks were trained on {one.data}: {one.images:,} images, {one.epochs} epochs, batches of {one.batch_images}, "
        f"one cycle of the learning rate up to {one.peak_learning_rate}. `accuracy` (float, whole test part) is also in `networks`; curves, on "
        f"{one.held_back:,} images held back, are in `{TRAINING}` (`{TRAINING}.structure == networks.structure`). It is what a network reaches in "
        "so short a training, not the most it can reach."
    )
    if failed := int((first.status != "done").sum()):
        yield f"{failed:,} could not be trained and hold the reason."
    yield ""
    yield from _table(
        ("family", "trained", "least accuracy", "median", "greatest"), map(_accuracies, first.groupby("family"))
    )
    yield ""
    yield from _chance(trained)


def _accuracies(family: tuple[str, Any]) -> tuple[Any, ...]:
    found = family[1].accuracy
    return (family[0], len(found), *(f"{value:.4f}" for value in (found.min(), found.median(), found.max())))


def _chance(trained: Any) -> Iterator[str]:
    """What another seed changes, where networks were trained with two."""
    pairs = trained.pivot_table(index="structure", columns="seed", values="accuracy")
    if pairs.shape[1] != 2 or len(pairs := pairs.dropna()) < _LEAST_PAIRS:
        return
    one, other = pairs.iloc[:, 0], pairs.iloc[:, 1]
    yield (
        f"Chance: of {len(pairs)} networks that were trained with two seeds, accuracies differ by {(one - other).abs().mean():.4f} in the mean "
        f"(standard deviation of one training {(one - other).std() / 2**0.5:.4f}, of all networks {trained.accuracy.std():.4f}); the two seeds order "
        f"{_agreed(one.to_numpy(), other.to_numpy()):.1%} of the pairs of networks alike."
    )


def _agreed(one: Any, other: Any) -> float:
    """Share of the pairs of networks that two seeds order alike."""
    upper = np.triu_indices(len(one), 1)
    same = np.sign(one[:, None] - one)[upper] == np.sign(other[:, None] - other)[upper]
    return float(same.mean())


def _splits(campaign: Campaign, table: Any) -> Iterator[str]:
    held, (low, high) = campaign.held_out, splits.WIDTHS
    rules = {
        "random": f"by group, {splits.TEST_SHARE:.0%} of the groups",
        "width": f"learns from networks that keep at most {low} of the MACs, judged on at least {high}",
        "family": f"judged on `{held.family}`",
        "input": f"judged on inputs {', '.join(str(s) for s in held.inputs)}",
        "accelerator": f"judged on `{held.accelerator}` and on networks that no other row of the split has",
    }
    rows = []
    for name in SPLITS:
        counts = table[f"split_{name}"].value_counts()
        rows.append((f"`split_{name}`", counts.get("train", 0), counts.get("test", 0), rules[name]))
    yield from _table(("column", "train", "test", "rule"), rows)
    yield ""
    yield (
        f"Networks of one base and input of which no layer's filters differ by more than "
        f"{splits.ALIKE_CHANNELS} or {splits.ALIKE_SHARE:.0%} are near-duplicates and share a `group`; no group is on both sides of the "
        "random, the width or the accelerator split."
    )


def _columns(columns: tuple[Column, ...]) -> Iterator[str]:
    yield from _table(
        ("column", "type", "unit", "origin", "meaning"),
        ((f"`{c.name}`", c.kind, c.unit, c.origin, c.what) for c in columns),
    )
