"""The port that all predictors have, and the simple ones behind it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from mlservice.predictors.batch import Batch
from mlservice.predictors.features import NETWORK_FEATURES
from mlservice.predictors.rows import Rows
from mlservice.predictors.targets import Target

Reals = NDArray[np.float64]


class Predictor(Protocol):
    """Foretells cycles or mJ of one inference, or the share of test images that a trained network misses.

    Everything is a natural logarithm: errors are relative, and a sum over networks of very different size is not ruled by the largest.
    """

    @property
    def kind(self) -> str:
        """Its name in tables and files."""

    @property
    def target(self) -> Target:
        """What it was fitted to."""

    def logs(self, batch: Batch) -> Reals:
        """[networks] logarithm of cycles (latency), of mJ (energy), or of the share that is missed (accuracy)."""

    def save(self, folder: Path) -> None:
        """Write files that are no code: nothing is ever unpickled."""


def expert_log(batch: Batch, target: Target) -> Reals:
    """[networks] logarithm of the closed-form estimate."""
    return np.log(np.maximum(batch.summed(expert_of(batch, target)), 1e-12))


def expert_of(batch: Batch, target: Target) -> Reals:
    """[passes of all networks] the closed-form estimate."""
    return batch.expert_cycles if target is Target.LATENCY else batch.expert_energy_mj


def expert_values(batch: Batch, target: Target) -> Reals:
    """[networks] the closed-form estimate in the target's unit: ms, mJ or 1/s."""
    found = np.exp(expert_log(batch, target.fitted))
    if target.fitted is not Target.LATENCY:
        return found
    latency_ms: Reals = found / (batch.clock_mhz * 1e3)
    return 1e3 / latency_ms if target is Target.THROUGHPUT else latency_ms


@dataclass(frozen=True)
class Expert:
    """The closed form of `contracts.expert` and the energy tables: fitted to nothing."""

    target: Target
    kind: str = "expert"

    @classmethod
    def fit(cls, rows: Rows, target: Target, seed: int) -> Self:
        """Nothing is fitted."""
        del rows, seed
        return cls(target)

    def logs(self, batch: Batch) -> Reals:
        """See `Predictor`."""
        return expert_log(batch, self.target)

    def save(self, folder: Path) -> None:
        """See `Predictor`."""

    @classmethod
    def load(cls, folder: Path, target: Target) -> Self:
        """The inverse of `save`."""
        del folder
        return cls(target)


_SIZES: Final = ("log_macs", "log_parameters", "log_bytes")


@dataclass(frozen=True)
class Linear:
    """The naive baseline: a x MACs + b x parameters + c x DRAM bytes + d, all at least 0, by least squares of relative errors.

    It knows nothing of the accelerator but its cells and the width of its DRAM, by which it divides.
    """

    target: Target
    weights: tuple[float, ...]
    kind: str = "linear"

    @classmethod
    def fit(cls, rows: Rows, target: Target, seed: int) -> Self:
        """Non-negative least squares, each row weighted by its reciprocal."""
        from scipy.optimize import nnls  # noqa: PLC0415  # takes a while to import

        del seed
        measured = rows.measured[target]
        sizes = _sizes(rows.batch)
        scale = sizes.mean(axis=0)
        found, _ = nnls(sizes / scale / measured[:, None], np.ones(len(measured)))
        return cls(target, tuple(float(w) for w in found / scale))

    def logs(self, batch: Batch) -> Reals:
        """See `Predictor`."""
        found: Reals = np.log(np.maximum(_sizes(batch) @ np.asarray(self.weights), 1e-12))
        return found

    def save(self, folder: Path) -> None:
        """See `Predictor`."""
        (folder / "linear.json").write_text(json.dumps({"sizes": _SIZES, "weights": self.weights}))

    @classmethod
    def load(cls, folder: Path, target: Target) -> Self:
        """The inverse of `save`."""
        found: dict[str, Any] = json.loads((folder / "linear.json").read_text())
        return cls(target, tuple(found["weights"]))


def _sizes(batch: Batch) -> Reals:
    values = {name: batch.networks[:, NETWORK_FEATURES.index(name)].astype(float) for name in _SIZES}
    rows, lanes, beat = (batch.networks[:, NETWORK_FEATURES.index(name)] for name in ("rows", "lanes", "dram_bytes"))
    macs, parameters, moved = (2.0 ** values[name] for name in _SIZES)
    found: Reals = np.stack([macs / (rows * lanes), parameters / beat, moved / beat, np.ones(len(macs))], axis=1)
    return found
