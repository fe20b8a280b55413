"""One training session within one budget: from a fresh network to a pruned one, verified on the RTL."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from torch import fx, nn

from contracts.accelerator import Accelerator
from contracts.errors import InputError
from mlservice.datasets import Dataset
from mlservice.export import export_onnx, export_split, source_of
from mlservice.pruning.cost import ExpertLatency
from mlservice.training.evaluate import accuracy
from mlservice.training.methods.catalogue import METHODS
from mlservice.training.methods.method import Shape, Task
from mlservice.training.options import TrainingOptions
from mlservice.training.trainer import Report, Trainer

CALIBRATION_IMAGES: Final = 512


class Hardware(Protocol):
    """The hardware side, as far as a session needs it."""

    def simulate(self, network: Path, accelerator: str, calibration: Path) -> dict[str, Any]:
        """The RTL's report on one image."""
        ...

    def evaluate(self, network: Path, calibration: Path, inputs: Path) -> dict[str, Any]:
        """Accuracy of the float and the integer network on every image."""
        ...


@dataclass(frozen=True)
class PruneRequest:
    """What is wanted.

    Attributes:
        latency_ms: for one image on the RTL, at most.
        method: a name of `METHODS`.
        training: how long, and with which seed.
        out: folder for `network.onnx`, `network.py`, `network.pt`, `report.json` and data.
    """

    latency_ms: float
    method: str
    training: TrainingOptions
    out: Path

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"method is {self.method!r}; known are {', '.join(METHODS)}")
        if not self.latency_ms > 0:
            raise InputError(f"latency_ms is {self.latency_ms}: give a number of milliseconds above 0")


def prune(
    network: nn.Module,
    dataset: Dataset,
    accelerator: Accelerator,
    request: PruneRequest,
    hardware: Hardware,
    report: Report | None = None,
    watch: Callable[[Shape], None] = lambda _: None,
) -> dict[str, Any]:
    """Train and shape `network`, export it, and measure it.

    Returns:
        What `python -m mlservice prune --json` prints.

    Raises:
        InputError: the budget is below the least that is reachable, or the loss left the numbers.
        NetworkError: the network has operations that cannot be pruned.
        ToolError: the hardware side failed.
    """
    began = time.monotonic()
    request.out.mkdir(parents=True, exist_ok=True)
    files = _Files(request.out, dataset, accelerator, hardware)
    trainer = Trainer(network, dataset.training, request.training)
    shaper = METHODS[request.method].make(
        Task(
            dataset.image_shape,
            request.latency_ms,
            ExpertLatency(accelerator),
            accelerator.rows,
            request.training.seed,
            watch=watch,
            measure=lambda module: float(files.measure(module)["latency_ms"]),
        )
    )
    shaper.begin(trainer)
    trainer.run(shaper, report)
    result = shaper.result()
    trained_s = time.monotonic() - began
    measured = files.measure(result)
    evaluated = files.evaluate()
    answer = {
        "method": request.method,
        "budget": {"latency_ms": request.latency_ms},
        "accelerator": accelerator.name,
        "data": dataset.name,
        "epochs": request.training.epochs,
        "seed": request.training.seed,
        "accuracy_float": accuracy(result, dataset.test),
        "accuracy_int8": evaluated["accuracy_int8"],
        "dense_predicted_latency_ms": shaper.dense_cost,
        "predicted_latency_ms": shaper.predicted(),
        "measured_latency_ms": measured["latency_ms"],
        "measured_energy_mj": measured["energy_mj"],
        "bit_exact": measured["bit_exact"],
        "params": sum(p.numel() for p in result.parameters()),
        "macs": sum(layer["macs"] for layer in measured["layers"]),
        "kept": _kept(result),
        "wall_s": trained_s,
        "onnx": str(files.onnx),
    }
    files.keep(result, answer)
    return answer


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
        self._test = self.out / "test.npz"
        export_split(self.dataset.training.first(CALIBRATION_IMAGES), self._calibration)

    def measure(self, module: fx.GraphModule) -> dict[str, Any]:
        """The RTL's report on a network."""
        export_onnx(module, self.dataset.image_shape, self.onnx)
        return self.hardware.simulate(self.onnx, self.accelerator.name, self._calibration)

    def evaluate(self) -> dict[str, Any]:
        """The exported network on the whole test split."""
        export_split(self.dataset.test, self._test)
        return self.hardware.evaluate(self.onnx, self._calibration, self._test)

    def keep(self, module: fx.GraphModule, answer: Mapping[str, Any]) -> None:
        """The report, the weights, and the network as a Python module that needs torch alone."""
        torch.save(module.state_dict(), self.out / "network.pt")
        (self.out / "network.py").write_text(source_of(module))
        (self.out / "report.json").write_text(json.dumps(answer, indent=2, default=asdict))
