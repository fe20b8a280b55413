"""Jobs that train: a network as it is (`train`), or one that shapes itself within a budget (`prune`).

A session is kept in the service's folder under its job's name, so that an attempt goes on where the one before was killed, and another job
that is told to where one was cancelled. It is removed when the job is complete; what others left is removed when it is a week old.
"""

import errno
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from torch import nn

from contracts.errors import InputError, ProPruNNError, ToolError
from contracts.learning import PruneOptions, TrainOptions, resolve
from mlservice.datasets import Dataset
from mlservice.export import export_split
from mlservice.hardware import PROGRAM, SIMULATION, hardware_of
from mlservice.jobs.subject import Upload, dataset_of, training_of
from mlservice.jobs.telling import Teller, ToldHardware
from mlservice.networks import build
from mlservice.predictors.registry import Registry
from mlservice.training import TrainingOptions
from mlservice.training.prune import CALIBRATION_IMAGES, PruneRequest, prune
from mlservice.training.session import TrainRequest, train_session
from servicekit.jobs.task import Answer, Emit
from servicekit.jobs.worker import before_end

FORMER: Final = "former"
"""Which option of a worker names the jobs that one goes on with."""
HISTORY: Final = "history.json"
REPORT: Final = "report.json"
_TRAINED: Final = {
    "network": "network.onnx",
    "state_dict": "network.pt",
    "calibration": "calibration.npz",
    "history": HISTORY,
    "report": REPORT,
}
_PRUNED: Final = {
    **_TRAINED,
    "module": "network.py",
    "page": "report.html",
    "program": PROGRAM,
    "simulation": SIMULATION,
}
"""What jobs leave: names of artifacts, and of files in the session's folder."""
_PLACES: Final = ("onnx", "state_dict", "origin")
"""Of a report, what tells of this machine alone."""
_KEPT_S: Final = 7 * 86_400.0
_CHECKPOINT_S: Final = 120.0


@dataclass(frozen=True)
class _Session:
    """What both kinds share: the folder that outlives an attempt, the images, the network, and who tells."""

    run: Path
    training: TrainingOptions
    dataset: Dataset
    network: nn.Module
    teller: Teller

    @property
    def out(self) -> Path:
        """Where the session works."""
        return self.run / "session"

    def leave(self, answer: Mapping[str, Any], files: Mapping[str, str], folder: Path) -> Answer:
        """Move what a session made to the attempt's folder; the session is over."""
        self.teller.phase("keep")
        told = {name: value for name, value in answer.items() if name not in _PLACES}
        (self.out / REPORT).write_text(json.dumps(told, indent=1))
        (self.out / HISTORY).write_text(json.dumps(self.teller.history()))
        there = {name: file for name, file in files.items() if (self.out / file).is_file()}
        for file in there.values():
            shutil.move(self.out / file, folder / file)
        shutil.rmtree(self.run)
        return told, there


def carry_out_training(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    """Train one network; its float accuracy is over the whole test split."""
    wanted = TrainOptions.from_mapping(options["wanted"])
    with without_places(folder, Path(options["runs"])):
        session = _begin(wanted, options, folder, emit)
        request = TrainRequest(wanted.network, session.training, session.out, resume=True, checkpoint_s=_CHECKPOINT_S)
        answer = train_session(session.dataset, request, session.teller.step, session.teller.epoch)
        export_split(session.dataset.training.first(CALIBRATION_IMAGES), session.out / _TRAINED["calibration"])
        return session.leave(answer, _TRAINED, folder)


def carry_out_pruning(options: Mapping[str, Any], folder: Path, emit: Emit) -> Answer:
    """Train a network that shapes itself; measured on the RTL."""
    wanted = PruneOptions.from_mapping(options["wanted"])
    with without_places(folder, Path(options["runs"])):
        session = _begin(wanted, options, folder, emit)
        teller = session.teller
        teller.unit = _unit(wanted)
        request = PruneRequest(
            wanted.latency_ms,
            wanted.method,
            session.training,
            session.out,
            wanted.energy_mj,
            wanted.cost,
            wanted.network,
            resume=True,
            checkpoint_s=_CHECKPOINT_S,
            dense=_dense(options, folder),
            registry=Registry(Path(options["registry"])),
        )
        hardware = ToldHardware(hardware_of(os.environ), teller)
        before_end(hardware.abandon)
        told = (teller.step, teller.shape, teller.epoch)
        answer = prune(session.network, session.dataset, resolve(wanted.accelerator), request, hardware, *told)
        return session.leave(answer, _PRUNED, folder)


def _begin(wanted: TrainOptions, options: Mapping[str, Any], folder: Path, emit: Emit) -> _Session:
    runs = Path(options["runs"])
    forget_old(runs)
    run = run_folder(runs, folder, options[FORMER])
    (run / "session").mkdir(exist_ok=True)
    training = training_of(wanted)
    teller = Teller(emit, run / "told.jsonl", training)
    teller.begin()
    teller.phase("read")
    upload = Upload(**options["upload"]) if options["upload"] else None
    dataset = dataset_of(wanted, upload, folder)
    if len(dataset.training) < training.batch_images:
        there = f"{len(dataset.training)} images are left to train on"
        raise InputError(
            f"batch_images is {training.batch_images}, and {there}; give batch_images up to that, or more images"
        )
    network = build(wanted.network, dataset.image_shape, dataset.classes, wanted.seed)
    teller.dense = {name: m.out_channels for name, m in network.named_modules() if isinstance(m, nn.Conv2d)}
    teller.steps = len(dataset.training) // training.batch_images * training.epochs
    teller.phase("train")
    return _Session(run, training, dataset, network, teller)


def _unit(wanted: PruneOptions) -> str:
    """Of budget and cost."""
    if wanted.latency_ms is not None and wanted.energy_mj is not None:
        return "of the budget"
    return "ms" if wanted.energy_mj is None else "mJ"


def _dense(options: Mapping[str, Any], folder: Path) -> Path | None:
    """A folder with the report that a session is compared with."""
    if options["dense_path"] is None:
        return None
    place = folder / "dense"
    place.mkdir()
    (place / REPORT).symlink_to(options["dense_path"])
    return place


def run_folder(runs: Path, folder: Path, former: Sequence[str]) -> Path:
    """Where a job keeps what its attempts go on with; attempts' folders are called JOB.ATTEMPT.

    Args:
        former: jobs that this one goes on with, the last one first: it takes over what the first of them left that left anything.
    """
    run = runs / folder.name.rpartition(".")[0]
    left = next((runs / job for job in former if (runs / job).is_dir()), None)
    if left is not None and not run.exists():
        left.rename(run)
    run.mkdir(parents=True, exist_ok=True)
    os.utime(run)
    return run


def forget_old(runs: Path) -> None:
    """Sessions that nobody went on with."""
    for run in runs.glob("*"):
        if time.time() - run.stat().st_mtime > _KEPT_S:
            shutil.rmtree(run, ignore_errors=True)


@contextmanager
def without_places(*folders: Path) -> Iterator[None]:
    """Errors name files by their whole path, which says nothing to whoever asked; a full disk is told as what it is.

    Raises:
        ToolError: there is no room to write.
    """
    try:
        yield
    except ProPruNNError as error:
        error.args = (placeless(str(error), *folders),)
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        what = placeless(str(error.filename or "a file"), *folders)
        raise ToolError(f"no space to write {what}: the session is kept, and goes on where there is some") from error


def placeless(text: str, *folders: Path) -> str:
    """A text that names files by what they are called below these folders."""
    for folder in folders:
        text = text.replace(f"{folder}/", "")
    return text
