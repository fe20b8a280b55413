"""One training session within one budget: from a fresh network to a pruned one, verified on the RTL."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import fx, nn

from contracts.accelerator import Accelerator
from contracts.errors import InputError
from mlservice.datasets import Dataset, Split
from mlservice.export import export_onnx, export_split, onnx_logits, source_of
from mlservice.hardware import Hardware
from mlservice.predictors.registry import Registry
from mlservice.pruning.cost import Cost
from mlservice.pruning.metrics import WorstRatio, costs_of, price_of
from mlservice.pruning.reachable import reachable, require_reachable
from mlservice.pruning.trace import trace
from mlservice.training.checkpoints import Checkpoints, Identity
from mlservice.training.evaluate import accuracy, logits
from mlservice.training.footprint import FootprintMeter
from mlservice.training.history import History
from mlservice.training.methods.catalogue import METHODS
from mlservice.training.methods.method import Shape, Shaper, Task
from mlservice.training.options import Epoch, TrainingOptions
from mlservice.training.page import write_page
from mlservice.training.rounding import RoundedEnd
from mlservice.training.session import CHECKPOINTS, images_of, make_folder, precision_of
from mlservice.training.train import Attendance, attend
from mlservice.training.trainer import Report, Trainer

CALIBRATION_IMAGES: Final = 512
COMPARED_IMAGES: Final = 2000
"""Of the training split: the integer network's accuracy is compared with the float one's on them before the session's last part."""


@dataclass(frozen=True)
class PruneRequest:
    """What is wanted.

    Attributes:
        latency_ms: for one image on the RTL, at most; none where energy alone is bounded, or the method ignores budgets.
        method: a name of `METHODS`.
        training: how long, and with which seed.
        out: folder for `network.onnx`, `network.py`, `network.pt`, `report.json`, `report.html`, `program.zip`, `simulation.json` and data.
        energy_mj: for one image, counted on the RTL, at most; none where latency alone is bounded.
        cost: who prices what may be cut; see `mlservice.pruning.metrics.costs_of`.
        name: of the network, for the report and for what a resumed run must agree in.
        resume: go on with the run in `out`; a fresh start where there is none.
        checkpoint_s: seconds between checkpoints within an epoch.
        dense: folder of a session of method `dense`, or of plain training, on the same network, data, epochs and seed, whose accuracy the
            report states beside.
        registry: of predictors; the user's own where absent.
    """

    latency_ms: float | None
    method: str
    training: TrainingOptions
    out: Path
    energy_mj: float | None = None
    cost: str = "expert"
    name: str = "resnet8"
    resume: bool = False
    checkpoint_s: float = 300.0
    dense: Path | None = None
    registry: Registry | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"method is {self.method!r}; known are {', '.join(METHODS)}")
        if not self.budgets and not METHODS[self.method].ignores_budget:
            raise InputError("there is no budget: give latency_ms, energy_mj, or both")
        for metric, value in self.budgets.items():
            if not 0 < value < math.inf:
                raise InputError(f"{metric} is {value}: give a number above 0")

    @property
    def budgets(self) -> dict[str, float]:
        """Those that are given, by metric."""
        given = {"latency_ms": self.latency_ms, "energy_mj": self.energy_mj}
        return {metric: value for metric, value in given.items() if value is not None}


def prune(
    network: nn.Module,
    dataset: Dataset,
    accelerator: Accelerator,
    request: PruneRequest,
    hardware: Hardware,
    report: Report | None = None,
    watch: Callable[[Shape], None] = lambda _: None,
    ended_epoch: Callable[[Epoch], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Train and shape `network`, export it, and measure it. The test split is read once, at the end.

    A run that was interrupted, however, and is resumed ends with the same weights, bit for bit, on the same processor with the same number of
    threads.

    Returns:
        What `python -m mlservice prune --json` prints.

    Raises:
        InputError: the budget is below the least that is reachable, `out` holds another run, `dense` is no session to compare with, or the
            loss left the numbers.
        CancelledError: `cancelled` said so; the run can be resumed.
        NetworkError: the network has operations that cannot be pruned.
        ToolError: the hardware side failed.
    """
    dense_accuracy = _dense_accuracy(request, dataset)
    checkpoints = Checkpoints(request.out / CHECKPOINTS, _identity(dataset, accelerator, request), request.checkpoint_s)
    if not request.resume and checkpoints.newest() is not None:
        raise InputError(f"{request.out} holds a run already: resume it (--resume), or give another folder")
    costs = costs_of(request.cost, accelerator, request.registry)
    table = reachable(trace(network, dataset.image_shape), costs, accelerator.rows)
    bounds = _Bounds.of(request.budgets, costs, table[-1].costs)
    if not METHODS[request.method].ignores_budget:
        require_reachable(table, request.budgets)
    make_folder(request.out)
    files = _Files(request.out, dataset, accelerator, hardware)
    history = History(request.budgets)
    trainer = Trainer(network, dataset.training, request.training)

    def decided(shape: Shape) -> None:
        watch(replace(shape, predicted=bounds.foretold(shaper)))

    task = Task(
        dataset.image_shape,
        bounds.budget,
        bounds.cost,
        accelerator.rows,
        request.training.seed,
        price_of(request.cost),
        history.watching(decided),
        lambda module: bounds.measured(files.measure(module)),
    )
    shaper = RoundedEnd(METHODS[request.method].make(task), files.lost_to_rounding, files.calibration)
    with FootprintMeter() as meter:
        attendance = Attendance(history.ending(ended_epoch), checkpoints, cancelled, meter)
        _, trained_s = attend(trainer, dataset, attendance, history.reporting(report), history.kept_with(shaper))
    footprint = meter.reading()
    result = shaper.result()
    measured = files.measure(result, keep=request.out)
    evaluated = files.evaluate()
    masked, exported = (
        logits(trainer.network, dataset.test.pixels).numpy(),
        onnx_logits(files.onnx, dataset.test.pixels),
    )
    answer = {
        "network": request.name,
        "method": request.method,
        "cost": request.cost,
        "budget": request.budgets,
        "accelerator": accelerator.name,
        "data": dataset.name,
        "epochs": request.training.epochs,
        "seed": request.training.seed,
        "images": images_of(dataset),
        "accuracy_float": accuracy(result, dataset.test),
        "accuracy_int8": evaluated["accuracy_int8"],
        "trained_for_rounding": shaper.rounds,
        "accuracy_dense": dense_accuracy,
        **{f"dense_predicted_{metric}": value for metric, value in table[-1].costs.items()},
        **bounds.predicted(shaper),
        "measured_latency_ms": measured["latency_ms"],
        "measured_energy_mj": measured["energy_mj"],
        "bit_exact": measured["bit_exact"],
        "params": sum(p.numel() for p in result.parameters()),
        "macs": sum(layer["macs"] for layer in measured["layers"]),
        "kept": _kept(result),
        "onnx_max_difference": float(np.abs(exported - masked).max()),
        "onnx_top1_equal": bool((exported.argmax(1) == masked.argmax(1)).all()),
        "precision": precision_of(request.training),
        "train_energy_wh": footprint.energy_wh,
        "train_co2_g": footprint.co2_g,
        "footprint_method": footprint.method,
        "wall_s": trained_s,
        "onnx": str(files.onnx),
    }
    files.keep(result, answer)
    write_page(history, answer, request.out / "report.html")
    return answer


def _identity(dataset: Dataset, accelerator: Accelerator, request: PruneRequest) -> Identity:
    return {
        "network": request.name,
        "method": request.method,
        "cost": request.cost,
        **request.budgets,
        "accelerator": accelerator.digest,
        "data": dataset.name,
        "data_digest": dataset.digest(),
        **asdict(request.training),
        "precision": precision_of(request.training),
    }


def _dense_accuracy(request: PruneRequest, dataset: Dataset) -> float | None:
    """Of the session that this one is compared with."""
    if request.dense is None:
        return None
    path = request.dense / "report.json"
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"the dense session's report {path} cannot be read: {error}") from error
    wanted = {
        "method": "dense",
        "network": request.name,
        "data": dataset.name,
        "epochs": request.training.epochs,
        "seed": request.training.seed,
        "images": images_of(dataset),
    }
    # Plain training, which names no method, is dense; older reports do not count their images.
    found = {"method": "dense", "images": wanted["images"], **found}
    for name, value in wanted.items():
        if found.get(name) != value:
            raise InputError(f"{path} is no session to compare with: {name} is {found.get(name)!r}, not {value!r}")
    return float(found["accuracy_float"])


@dataclass(frozen=True)
class _Bounds:
    """What the budget bounds, in one figure.

    Attributes:
        budgets: by metric.
        costs: of both metrics, by name.
        cost: one metric's, or the worst ratio to the budgets of several.
        budget: in that cost's unit; what all channels cost where there is none.
    """

    budgets: Mapping[str, float]
    costs: Mapping[str, Cost]
    cost: Cost
    budget: float

    @staticmethod
    def of(budgets: Mapping[str, float], costs: Mapping[str, Cost], dense: Mapping[str, float]) -> "_Bounds":
        if len(budgets) > 1:
            worst = WorstRatio({metric: (costs[metric], budget) for metric, budget in budgets.items()})
            return _Bounds(budgets, costs, worst, 1.0)
        if not budgets:
            return _Bounds(budgets, costs, costs["latency_ms"], dense["latency_ms"])
        [(metric, budget)] = budgets.items()
        return _Bounds(budgets, costs, costs[metric], budget)

    def measured(self, report: Mapping[str, Any]) -> float:
        """What the RTL's report says, in the cost's unit."""
        if len(self.budgets) > 1:
            return max(float(report[metric]) / budget for metric, budget in self.budgets.items())
        [metric] = self.budgets
        return float(report[metric])

    def foretold(self, shaper: Shaper) -> dict[str, float]:
        """Both metrics of what is left at present."""
        structures = shaper.structures()
        return {metric: float(cost.of(structures)[0]) for metric, cost in self.costs.items()}

    def predicted(self, shaper: Shaper) -> dict[str, float]:
        """`predicted_latency_ms` and `predicted_energy_mj` of the result, corrected by what was measured during the run."""
        factor = shaper.predicted() / float(self.cost.of(shaper.structures())[0])
        return {f"predicted_{metric}": factor * value for metric, value in self.foretold(shaper).items()}


def _kept(module: nn.Module) -> dict[str, dict[str, Any]]:
    """By convolution, filters that are left and the share of its weights that is not zero."""
    return {
        name: {"filters": each.out_channels, "density": float((each.weight != 0).float().mean())}
        for name, each in module.named_modules()
        if isinstance(each, nn.Conv2d)
    }


@dataclass
class _Files:
    """What a session leaves in its folder, and what the hardware side reads from it."""

    out: Path
    dataset: Dataset
    accelerator: Accelerator
    hardware: Hardware

    def __post_init__(self) -> None:
        self.onnx = self.out / "network.onnx"
        self._calibration = self.out / "calibration.npz"
        self._compared = self.out / "compared.npz"
        self._test = self.out / "test.npz"
        export_split(self.calibration, self._calibration)

    @property
    def calibration(self) -> Split:
        """Images that ranges of maps are taken from."""
        return self.dataset.training.first(CALIBRATION_IMAGES)

    def measure(self, module: fx.GraphModule, keep: Path | None = None) -> dict[str, Any]:
        """The RTL's report on a network; report and program stay in the folder `keep`."""
        export_onnx(module, self.dataset.image_shape, self.onnx)
        return self.hardware.simulate(self.onnx, self.accelerator, self._calibration, keep)

    def lost_to_rounding(self, module: fx.GraphModule) -> float:
        """Float accuracy less the integer network's, 0 to 1, on training images: the test split is read at the end alone."""
        export_onnx(module, self.dataset.image_shape, self.onnx)
        export_split(self.dataset.training.first(COMPARED_IMAGES), self._compared)
        found = self.hardware.evaluate(self.onnx, self._calibration, self._compared)
        self._compared.unlink()
        return float(found["accuracy_float"]) - float(found["accuracy_int8"])

    def evaluate(self) -> dict[str, Any]:
        """The exported network on the whole test split."""
        export_split(self.dataset.test, self._test)
        return self.hardware.evaluate(self.onnx, self._calibration, self._test)

    def keep(self, module: fx.GraphModule, answer: Mapping[str, Any]) -> None:
        """The report, the weights, and the network as a Python module that needs torch alone."""
        torch.save(module.state_dict(), self.out / "network.pt")
        (self.out / "network.py").write_text(source_of(module))
        (self.out / "report.json").write_text(json.dumps(answer, indent=2, default=asdict))
