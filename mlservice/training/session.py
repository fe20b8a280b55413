"""One run of `python -m mlservice train`: a network by name, data by name, and everything that is left in a folder."""

import io
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from contracts.errors import InputError, NetworkError, ToolError
from mlservice.datasets import Dataset
from mlservice.export import export_onnx
from mlservice.networks import build
from mlservice.pruning.trace import trace
from mlservice.training.checkpoints import Checkpoints, Identity, write_whole
from mlservice.training.footprint import FootprintMeter
from mlservice.training.options import Epoch, TrainingOptions
from mlservice.training.train import Attendance, train
from mlservice.training.trainer import Report, computes_in_bfloat16

CHECKPOINTS: Final = "checkpoints"


@dataclass(frozen=True)
class TrainRequest:
    """What is wanted.

    Attributes:
        network: a name that `mlservice.networks.build` knows.
        options: how to train.
        out: folder for `network.onnx`, `network.pt`, `report.json` and checkpoints.
        resume: go on with what is in `out`; a fresh start where that is nothing.
        checkpoint_s: seconds between checkpoints within an epoch.
    """

    network: str
    options: TrainingOptions
    out: Path
    resume: bool = False
    checkpoint_s: float = 300.0


def train_session(
    dataset: Dataset,
    request: TrainRequest,
    report: Report | None = None,
    ended_epoch: Callable[[Epoch], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Train and leave weights, ONNX and a report in the folder.

    Returns:
        What `python -m mlservice train --json` prints.

    Raises:
        InputError: network, data or options do not suit each other, `out` holds another run, or the loss left the numbers.
        CancelledError: `cancelled` said so; the run can be resumed.
        ToolError: the folder cannot be written.
    """
    checkpoints = Checkpoints(request.out / CHECKPOINTS, _identity(dataset, request), request.checkpoint_s)
    if not request.resume and checkpoints.newest() is not None:
        raise InputError(f"{request.out} holds a run already: resume it (--resume), or give another folder")
    make_folder(request.out)
    network = build(request.network, dataset.image_shape, dataset.classes, request.options.seed)
    with FootprintMeter() as meter:
        attendance = Attendance(ended_epoch, checkpoints, cancelled, meter)
        result = train(network, dataset, request.options, report, attendance)
    footprint = meter.reading()
    answer = {
        "network": request.network,
        "data": dataset.name,
        "origin": dataset.origin,
        "images": images_of(dataset),
        "image_shape": list(dataset.image_shape),
        "classes": dataset.classes,
        "epochs": request.options.epochs,
        "seed": request.options.seed,
        "precision": precision_of(request.options),
        "accuracy_float": result.accuracy,
        "accuracy_validation": result.history[-1].validation_accuracy,
        "loss": result.loss,
        "history": [asdict(each) for each in result.history],
        "params": sum(p.numel() for p in network.parameters()),
        "not_prunable": not_prunable(network, dataset.image_shape),
        "train_energy_wh": footprint.energy_wh,
        "train_co2_g": footprint.co2_g,
        "footprint_method": footprint.method,
        "wall_s": result.seconds,
    }
    return answer | _leave(network, dataset, request.out, answer)


def images_of(dataset: Dataset) -> dict[str, int]:
    """How many there are of each split."""
    return {
        "training": len(dataset.training),
        "validation": len(dataset.validation or ()),
        "test": len(dataset.test),
    }


def not_prunable(network: nn.Module, image_shape: tuple[int, int, int]) -> str | None:
    """Why a network cannot be pruned: the module or operation that is not understood; none where it can."""
    try:
        trace(network, image_shape)
    except NetworkError as error:
        return str(error)
    return None


def make_folder(out: Path) -> None:
    """Before any work, so that a place that cannot be written is known at once."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolError(f"the folder {out} cannot be made: {error.strerror}; give another one") from error
    if not os.access(out, os.W_OK):
        raise ToolError(f"the folder {out} cannot be written: give another one")


def _leave(network: nn.Module, dataset: Dataset, out: Path, answer: dict[str, Any]) -> dict[str, Any]:
    """Write what a run leaves; where, and why there is no ONNX if it cannot be written."""
    network.eval()
    weights = io.BytesIO()
    torch.save(network.state_dict(), weights)
    places: dict[str, Any] = {"state_dict": str(out / "network.pt")}
    try:
        write_whole(out / "network.pt", weights.getbuffer())
        places |= _exported(network, dataset.image_shape, out / "network.onnx")
        write_whole(out / "report.json", json.dumps(answer | places, indent=2).encode())
    except OSError as error:
        raise ToolError(
            f"the results cannot be written to {out}: {error.strerror}; the run is kept: free some space, then resume it"
        ) from error
    return places


def _exported(network: nn.Module, image_shape: tuple[int, int, int], path: Path) -> dict[str, Any]:
    try:
        export_onnx(network, image_shape, path)
    except OSError:
        raise
    except Exception as error:  # torch's exporter raises whatever an operator's function raises
        return {"onnx": None, "onnx_error": f"{type(error).__name__}: {error}"}
    return {"onnx": str(path)}


def precision_of(options: TrainingOptions) -> str:
    """What a run computes in on this processor."""
    return "bfloat16" if computes_in_bfloat16(options.precision) else "float32"


def _identity(dataset: Dataset, request: TrainRequest) -> Identity:
    options = asdict(request.options) | {"precision": precision_of(request.options)}
    return {"network": request.network, "data": dataset.name, "data_digest": dataset.digest(), **options}
