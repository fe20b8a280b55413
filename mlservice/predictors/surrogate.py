"""A differentiable predictor: a small network of torch on each pass, summed; gradients reach widths that are not whole numbers.

What it sees changes smoothly with widths: no remainders, no counts of groups. It cannot know the staircase of filter groups, which is why
prices come from secants of the other predictors (see `docs/predictors.md`) and this one is for losses that must be differentiated.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch
from torch import Tensor, nn

from mlservice.predictors.batch import Batch
from mlservice.predictors.features import PASS_FEATURES
from mlservice.predictors.predictor import Reals
from mlservice.predictors.rows import Rows
from mlservice.predictors.targets import Target

FEATURES: Final = (
    "log_filters", "log_list", "log_tiles", "drain_cycles", "kernel_area", "stride", "depthwise", "skip", "scatter", "bands",
    "pitch_lanes", "tile_fill", "density", "first", "last", "rows", "lanes", "dram_bytes", "dram_latency",
)  # fmt: skip
"""Of `PASS_FEATURES`; the first two follow widths: log2(filters), and log2(channels x window) of one filter's list."""
_COLUMNS: Final = [PASS_FEATURES.index(name) for name in FEATURES]
_WORK: Final = (FEATURES.index("log_filters"), FEATURES.index("log_list"), FEATURES.index("log_tiles"))
_ROWS: Final = FEATURES.index("rows")
HIDDEN: Final = 48
EPOCHS: Final = 400
_BATCH: Final = 128
_LEAST_SPREAD: Final = 1e-3
_FARTHEST: Final = 4.0
"""Standard deviations from the mean, beyond which a feature tells no more."""
_MOST: Final = 3.0
"""Of what the network adds to the ideal time, as a natural logarithm."""
_FILE: Final = "surrogate.npz"


class PassCost(nn.Module):
    """Natural logarithm of each pass's cycles or mJ, from `FEATURES`: an ideal array's time x what a small network says.

    Args of `forward`: [..., features]; returns [...].
    """

    centre: Tensor
    scale: Tensor
    unit: Tensor

    def __init__(self, centre: Tensor, scale: Tensor, unit: Tensor) -> None:
        super().__init__()
        self.register_buffer("centre", centre)
        self.register_buffer("scale", scale)
        self.register_buffer("unit", unit)
        count = len(FEATURES)
        self.layers = nn.Sequential(
            nn.Linear(count, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, 1)
        )

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        ideal = features[..., list(_WORK)].sum(dim=-1) - torch.log2(features[..., _ROWS])
        known = ((features - self.centre) / self.scale).clamp(-_FARTHEST, _FARTHEST)
        found = _MOST * torch.tanh(self.layers(known).squeeze(-1) / _MOST)
        return float(np.log(2)) * (ideal + self.unit) + found


@dataclass(frozen=True, eq=False)
class Surrogate:
    """The network with what it was fitted to."""

    target: Target
    cost: PassCost
    kind: str = "surrogate"

    @classmethod
    def fit(cls, rows: Rows, target: Target, seed: int) -> Self:
        """Fit to relative errors of whole networks; one thread, so that the same seed gives the same network."""
        torch.manual_seed(seed)
        features = torch.from_numpy(rows.batch.passes[:, _COLUMNS])
        spread = features.std(dim=0)
        # What never varied says nothing, and must not say much elsewhere.
        cost = PassCost(
            features.mean(dim=0), torch.where(spread < _LEAST_SPREAD, torch.inf, spread), _unit(rows, target)
        )
        with _one_thread():
            _train(cost, features, rows, np.log(rows.measured[target]), seed)
        return cls(target, cost.eval())

    def logs(self, batch: Batch) -> Reals:
        """See `Predictor`."""
        with _one_thread(), torch.no_grad():
            found = self.cost(torch.from_numpy(batch.passes[:, _COLUMNS]))
        return np.log(batch.summed(np.exp(found.numpy().astype(np.float64))))

    def save(self, folder: Path) -> None:
        """See `Predictor`: arrays, and ONNX of one pass's cost."""
        arrays: dict[str, Any] = {name: value.numpy() for name, value in self.cost.state_dict().items()}
        np.savez_compressed(folder / _FILE, **arrays)
        torch.onnx.export(
            self.cost,
            (torch.ones(2, len(FEATURES)),),
            str(folder / "model.onnx"),
            input_names=["features"],
            output_names=["predictions"],
            dynamic_axes={"features": {0: "passes"}},
            dynamo=False,
        )

    @classmethod
    def load(cls, folder: Path, target: Target) -> Self:
        """The inverse of `save`."""
        with np.load(folder / _FILE, allow_pickle=False) as found:
            state = {name: torch.from_numpy(found[name]) for name in found.files}
        cost = PassCost(state["centre"], state["scale"], state["unit"])
        cost.load_state_dict(state)
        return cls(target, cost.eval())


def _unit(rows: Rows, target: Target) -> Tensor:
    """log2 of what an ideal cycle costs on the mean: 0 in cycles, that of an expert's cycle in mJ."""
    if target is Target.LATENCY:
        return torch.zeros(())
    costs = rows.measured[target] / rows.measured[Target.LATENCY]
    return torch.tensor(float(np.log2(costs).mean()), dtype=torch.float32)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The same sums in the same order; and small batches are done before other threads wake up."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _train(cost: PassCost, features: Tensor, rows: Rows, wanted: Reals, seed: int) -> None:
    """Adam with a falling rate on the Huber loss of log(predicted / measured) of whole networks."""
    counts = np.bincount(rows.batch.owner, minlength=len(rows))
    starts = np.concatenate([[0], np.cumsum(counts)])
    goal = torch.from_numpy(wanted.astype(np.float32))
    optimiser = torch.optim.AdamW(cost.parameters(), lr=4e-3, weight_decay=1e-4)
    steps = EPOCHS * -(-len(rows) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=4e-3, total_steps=steps)
    rng = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        for some in np.array_split(rng.permutation(len(rows)), -(-len(rows) // _BATCH)):
            places = np.concatenate([np.arange(starts[k], starts[k + 1]) for k in some])
            owner = torch.from_numpy(np.repeat(np.arange(len(some)), counts[some]))
            summed = torch.zeros(len(some)).index_add(0, owner, torch.exp(cost(features[places])))
            loss = nn.functional.huber_loss(torch.log(summed), goal[some], delta=0.05)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch's own
            optimiser.step()
            schedule.step()
