"""`python -m mlservice.demo`: see `--help`. It needs an open workspace: `make demo` starts one first."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from contracts.errors import InputError, ProPruNNError
from mlservice.datasets import Dataset, digits, load
from mlservice.demo.prepare import Prepared, is_prepared, prepare
from mlservice.demo.progress import job_bar, training_bar
from mlservice.demo.prune import Dense, Pruned, data_of, prune
from mlservice.demo.report import Findings, render, render_pruned
from mlservice.demo.workspace import Simulation, Workspace
from mlservice.training import TrainingOptions


def main(arguments: Sequence[str]) -> int:
    """Train, evaluate, simulate, prune and report; return 1 where the RTL's outputs are not the golden model's."""
    options = _parser().parse_args(arguments)
    notices = Console(stderr=True)
    workspace = _workspace()
    project = workspace.sample_project()
    if options.fill:
        return _fill(workspace, project, options, notices)
    dataset = load(options.data)
    prepared = _train(dataset, _training(dataset, options.epochs), notices)
    files = _upload(workspace, project, prepared, notices)
    evaluated = _evaluate(workspace, project, files, notices)
    simulation = _simulate(workspace, project, files, options, notices)
    findings = Findings(prepared, evaluated, simulation.report, simulation.page)
    Console().print(render(findings), highlight=False)
    if not simulation.report["bit_exact"]:
        return 1
    data = data_of(workspace, project, dataset, options.data)
    dense = Dense(project, files, data, _training(dataset, options.epochs), simulation.report)
    pruned = _prune(workspace, dense, options, notices)
    Console().print(render_pruned(findings, pruned), highlight=False)
    return 0 if pruned.simulation.report["bit_exact"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mlservice.demo",
        description="Train a ResNet-8, run it on the RTL, and prune it to half of its latency, through the workspace at $PROPRUNN_URL with the token"
        " $PROPRUNN_TOKEN.",
    )
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="Fashion-MNIST's four IDX files (default: looked for)"
    )
    parser.add_argument("--epochs", type=int, help="passes over the training images (default: 3; 40 for digits)")
    parser.add_argument("--accelerator", default="pynq-8x32", help="preset (default: %(default)s)")
    parser.add_argument("--count", type=int, default=16, help="test images that run on the RTL (default: %(default)s)")
    parser.add_argument(
        "--fill",
        action="store_true",
        help="only give an empty sample project its content: what an earlier run trained, else a network for digits",
    )
    return parser


def _workspace() -> Workspace:
    address, token = os.environ.get("PROPRUNN_URL"), os.environ.get("PROPRUNN_TOKEN")
    if not address or not token:
        raise InputError("PROPRUNN_URL and PROPRUNN_TOKEN must name a workspace: `make demo` starts one and sets them")
    return Workspace(address, token)


def _training(dataset: Dataset, epochs: int | None) -> TrainingOptions:
    usual = 3 if len(dataset.training) > 10_000 else 40
    return TrainingOptions(epochs=epochs or usual, flips=dataset.name != "digits")


def _fill(workspace: Workspace, project: str, options: argparse.Namespace, notices: Console) -> int:
    if workspace.is_filled(project):
        notices.print("The sample project has a finished simulation already.")
        return 0
    dataset = load(options.data)
    if not is_prepared(dataset, _training(dataset, options.epochs)):
        dataset = digits.read("scikit-learn's digits, which are quickly learned")
    prepared = _train(dataset, _training(dataset, options.epochs), notices)
    files = _upload(workspace, project, prepared, notices)
    simulation = _simulate(workspace, project, files, options, notices)
    notices.print(f"The sample project is filled: {simulation.page}", highlight=False)
    return 0


def _train(dataset: Dataset, options: TrainingOptions, notices: Console) -> Prepared:
    notices.print(f"Data: {dataset.name}, {dataset.origin}", highlight=False)
    if is_prepared(dataset, options):
        notices.print("Trained in an earlier run.")
    with training_bar(notices) as show:
        return prepare(dataset, options, show)


def _upload(workspace: Workspace, project: str, prepared: Prepared, notices: Console) -> dict[str, str]:
    """The parts of a wish that name the network and its data."""
    notices.print(f"Uploading {prepared.network.name} and its data to the sample project ...", highlight=False)
    return {
        "network": workspace.network(project, prepared.network.stem, prepared.network),
        "calibration": workspace.data(project, "calibration", prepared.calibration),
        "inputs": workspace.data(project, "test", prepared.test),
    }


def _evaluate(workspace: Workspace, project: str, files: Mapping[str, str], notices: Console) -> Mapping[str, Any]:
    notices.print("Evaluating the float and the integer network on all test images ...")
    with job_bar(notices) as show:
        return workspace.evaluate(project, {"name": "accuracy of resnet8", **files}, show)


def _simulate(
    workspace: Workspace, project: str, files: Mapping[str, str], options: argparse.Namespace, notices: Console
) -> Simulation:
    accelerator, count = options.accelerator, options.count
    wish = {"name": f"resnet8 on {accelerator}", "accelerator": accelerator, "count": count, **files}
    notices.print(f"Simulating {count} images on the RTL of {accelerator} ...", highlight=False)
    with job_bar(notices) as show:
        workspace.estimate(project, files["network"], accelerator, show)
        return workspace.simulate(project, wish, show)


def _prune(workspace: Workspace, dense: Dense, options: argparse.Namespace, notices: Console) -> Pruned:
    notices.print("Pruning it to half of its latency while it trains anew, and verifying that on the RTL ...")
    wish = {"accelerator": options.accelerator, "count": options.count}
    with job_bar(notices) as show:
        return prune(workspace, dense, wish, show)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ProPruNNError as problem:
        sys.exit(f"error: {problem}")
