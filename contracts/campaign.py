"""What everybody may know of a campaign without drawing it: how large it is, how it grows, and how its rows are distributed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.dataset import DONE, NETWORK_COLUMNS

ROW_COLUMNS: Final = (
    *("run", "family", "accelerator", "seed", "status", "reason"),
    *("macs", "cycles", "expert_cycles", "latency_ms", "energy_mj", "utilisation"),
)
"""Columns of `networks` that distributions are made of."""
ERROR: Final = "expert_error"
HISTOGRAMS: Final = ("latency_ms", "energy_mj", "utilisation", ERROR)
BINS: Final = 30
POINTS: Final = 1500
"""Of the scatter; of more rows, evenly chosen ones are shown."""
SHOWN_FAILURES: Final = 50
_LOGARITHMIC: Final = ("latency_ms", "energy_mj")
_WIDE: Final = 20.0
"""Greatest over least from which a figure that is never 0 gets logarithmic bins."""
_COLUMNS: Final = {column.name: column for column in NETWORK_COLUMNS}

Reals = NDArray[np.float64]


def parts_of(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of a definition as TOML or JSON has them; whatever is no table is left out."""
    found = definition.get("parts") or definition.get("part") or []
    return [part for part in found if isinstance(part, Mapping)] if isinstance(found, list) else []


def networks_of(definition: Mapping[str, Any]) -> int:
    """Networks that a definition draws; 0 where it is not one."""
    return sum(count for part in parts_of(definition) if type(count := part.get("count")) is int)


def rows_of(definition: Mapping[str, Any]) -> int:
    """Simulations: every network on every accelerator."""
    accelerators = definition.get("accelerators")
    return networks_of(definition) * (len(accelerators) if isinstance(accelerators, list) else 0)


def grown(counts: Sequence[int], networks: int) -> list[int]:
    """Counts of parts, grown in proportion until there are at least so many networks; none shrinks.

    Example: `grown([30, 10], 80) == [60, 20]`.
    """
    whole = sum(counts)
    return [max(count, -(-count * networks // whole)) for count in counts]


@dataclass(frozen=True)
class Rows:
    """Some rows of `networks`, column by column: those of `ROW_COLUMNS`; figures of rows that failed are None."""

    columns: Mapping[str, Sequence[Any]]

    def distributions(self) -> dict[str, Any]:
        """Histograms by family, a scatter of MACs against latency, counts and failures, as JSON carries them.

        `histograms` has, by figure, `edges` (one more than bins), the `counts` of each family, `least`, `median`, `greatest`, and
        where it comes from. `scatter` has by family `macs`, `latency_ms` and `accelerator`, of at most `POINTS` rows.
        """
        family, status = np.asarray(self.columns["family"], str), np.asarray(self.columns["status"], str)
        done = status == DONE
        families = sorted(set(family.tolist()))
        return {
            "rows": len(family),
            "failures": int((~done).sum()),
            "families": families,
            "composition": self._composition(),
            "histograms": {name: self._histogram(name, family, done, families) for name in HISTOGRAMS},
            "scatter": self._scatter(family, done, families),
            "reasons": self._reasons(done),
            "failed": self._failed(done),
        }

    def _composition(self) -> list[dict[str, Any]]:
        keys = zip(self.columns["family"], self.columns["accelerator"], self.columns["status"], strict=True)
        counts = Counter(keys)
        pairs = sorted({(family, accelerator) for family, accelerator, _ in counts})
        return [
            {
                "family": family,
                "accelerator": accelerator,
                "rows": sum(n for key, n in counts.items() if key[:2] == (family, accelerator)),
                "failures": sum(n for key, n in counts.items() if key[:2] == (family, accelerator) and key[2] != DONE),
            }
            for family, accelerator in pairs
        ]

    def _reals(self, name: str) -> Reals:
        if name == ERROR:
            return self._reals("expert_cycles") / self._reals("cycles") - 1
        return np.asarray(self.columns[name], np.float64)

    def _histogram(self, name: str, family: Any, done: NDArray[np.bool_], families: list[str]) -> dict[str, Any]:
        values = self._reals(name)
        kept = done & np.isfinite(values)
        shown, owners = values[kept], family[kept]
        unit, origin = ("", "closed-form expert against RTL") if name == ERROR else _said(name)
        about = {"unit": unit, "origin": origin}
        if not len(shown):
            none: dict[str, Any] = {"edges": [], "counts": {one: [] for one in families}, "least": None, "median": None}
            return {**about, "scale": "linear", **none, "greatest": None}
        least, greatest = float(shown.min()), float(shown.max())
        logarithmic = name in _LOGARITHMIC and least > 0 and greatest > _WIDE * least
        if least == greatest:
            beside = abs(least) / 100 or 0.5
            least, greatest = least - beside, greatest + beside
        edges = np.geomspace(least, greatest, BINS + 1) if logarithmic else np.linspace(least, greatest, BINS + 1)
        edges[0], edges[-1] = min(edges[0], least), max(edges[-1], greatest)
        return {
            **about,
            "scale": "log" if logarithmic else "linear",
            "edges": edges.tolist(),
            "counts": {one: np.histogram(shown[owners == one], edges)[0].tolist() for one in families},
            "least": float(shown.min()),
            "median": float(np.median(shown)),
            "greatest": float(shown.max()),
        }

    def _scatter(self, family: Any, done: NDArray[np.bool_], families: list[str]) -> dict[str, Any]:
        at = np.flatnonzero(done)
        at = at[np.unique(np.linspace(0, len(at) - 1, min(len(at), POINTS)).astype(int))] if len(at) else at
        accelerators = self.columns["accelerator"]
        found = {}
        for one in families:
            own = at[family[at] == one].tolist()
            pick = {name: [self.columns[name][k] for k in own] for name in ("macs", "latency_ms")}
            found[one] = {**pick, "accelerator": [accelerators[k] for k in own]}
        return found

    def _reasons(self, done: NDArray[np.bool_]) -> list[dict[str, Any]]:
        """Failures by the name of their error, each with one of its messages."""
        texts = [str(self.columns["reason"][k]) for k in np.flatnonzero(~done).tolist()]
        examples = {text.partition(":")[0]: text for text in reversed(texts)}
        counts = Counter(text.partition(":")[0] for text in texts)
        return [{"error": name, "rows": count, "example": examples[name]} for name, count in counts.most_common()]

    def _failed(self, done: NDArray[np.bool_]) -> list[dict[str, Any]]:
        names = ("run", "family", "accelerator", "seed", "reason")
        at = np.flatnonzero(~done)[:SHOWN_FAILURES].tolist()
        return [{name: self.columns[name][k] for name in names} for k in at]


def _said(name: str) -> tuple[str, str]:
    column = _COLUMNS[name]
    return column.unit, column.origin
