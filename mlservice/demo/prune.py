"""The second half of the demonstration: the network shapes itself within half of its latency, in one session of the workspace."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from mlservice.datasets import Dataset
from mlservice.datasets.catalogue import DIGITS, FASHION_MNIST
from mlservice.demo.workspace import Simulation, Workspace
from mlservice.training import TrainingOptions

SHARE: Final = 0.5
"""Of the dense network's latency."""
Show = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Pruned:
    """What came of it.

    Attributes:
        reachable: the rows that the workspace says can be reached, least first.
        budget_ms: that was given.
        session: the prune job's result.
        simulation: of the pruned network.
        page: of the session.
    """

    reachable: list[Mapping[str, Any]]
    budget_ms: float
    session: Mapping[str, Any]
    simulation: Simulation
    page: str


def data_of(workspace: Workspace, project: str, dataset: Dataset, folder: Path | None) -> str:
    """How the workspace is told which images: by name, or, of a folder of one's own, by an upload."""
    if folder is None:
        return DIGITS if dataset.name == DIGITS else FASHION_MNIST
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "images.npz"
        np.savez_compressed(
            file,
            x_train=dataset.training.pixels[:],
            y_train=dataset.training.labels,
            x_test=dataset.test.pixels[:],
            y_test=dataset.test.labels,
        )
        return workspace.data(project, "images", file, use="training")


@dataclass(frozen=True)
class Dense:
    """The network to be pruned.

    Attributes:
        project: that it is in.
        files: the parts of a wish that name it and its data.
        data: what it was trained on; see `data_of`.
        training: how: the session is as long.
        report: of its simulation.
    """

    project: str
    files: Mapping[str, str]
    data: str
    training: TrainingOptions
    report: Mapping[str, Any]


def prune(workspace: Workspace, dense: Dense, wish: Mapping[str, Any], show: Show) -> Pruned:
    """Ask what is reachable, prune, and simulate what came out as the dense network was simulated.

    Args:
        wish: accelerator, and how many images to simulate.
        show: told how the jobs are.

    Raises:
        ToolError: a job failed or was cancelled.
    """
    training = dense.training
    subject = {"network": "resnet8", "data": dense.data, "accelerator": wish["accelerator"]}
    budget_ms = SHARE * float(dense.report["latency_ms"])
    job = workspace.session(
        dense.project,
        {
            **subject,
            "latency_ms": budget_ms,
            "epochs": training.epochs,
            "batch_images": training.batch_images,
            "peak_learning_rate": training.peak_learning_rate,
            "precision": training.precision.value,
            "seed": training.seed,
            "validation_share": 0.0,
            "dense": dense.files["network"],
            "name": "resnet8 at half its latency",
        },
        show,
    )
    found = {**dense.files, **wish, "network": job["result"]["version"], "name": "resnet8 at half its latency"}
    return Pruned(
        workspace.reachable(dense.project, subject),
        budget_ms,
        job["result"],
        workspace.simulate(dense.project, found, show),
        workspace.page(job),
    )
