"""`python -m mlservice.demo`: see `--help`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from contracts.errors import ProPruNNError
from mlservice.datasets import Dataset, load
from mlservice.demo.hardware import evaluate, simulate
from mlservice.demo.prepare import Prepared, prepare
from mlservice.demo.report import Findings, render
from mlservice.training import Progress, TrainingOptions


def main(arguments: Sequence[str]) -> int:
    """Train, evaluate, simulate and report; return 1 where the RTL's outputs are not the golden model's."""
    options = _parser().parse_args(arguments)
    notices = Console(stderr=True)
    dataset = load(options.data)
    notices.print(f"Data: {dataset.name}, {dataset.origin}", highlight=False)
    training = TrainingOptions(epochs=options.epochs or _usual_epochs(dataset), flips=dataset.name != "digits")
    prepared = _train(dataset, training, notices)
    notices.print("Evaluating the float and the integer network ...")
    evaluated = evaluate(prepared.network, prepared.calibration, prepared.test)
    notices.print(f"Simulating {options.count} images on the RTL of {options.accelerator} ...", highlight=False)
    simulated = simulate(prepared.network, prepared.calibration, prepared.test, options.accelerator, options.count)
    Console().print(render(Findings(prepared, evaluated, simulated)), highlight=False)
    return 0 if simulated["bit_exact"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mlservice.demo", description="Train a ResNet-8 and run it on the RTL."
    )
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="Fashion-MNIST's four IDX files (default: looked for)"
    )
    parser.add_argument("--epochs", type=int, help="passes over the training images (default: 3; 40 for digits)")
    parser.add_argument("--accelerator", default="pynq-8x32", help="preset (default: %(default)s)")
    parser.add_argument("--count", type=int, default=16, help="test images that run on the RTL (default: %(default)s)")
    return parser


def _usual_epochs(dataset: Dataset) -> int:
    return 3 if len(dataset.training) > 10_000 else 40


def _train(dataset: Dataset, options: TrainingOptions, notices: Console) -> Prepared:
    columns = (
        TextColumn("Training, epoch {task.fields[epoch]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with ProgressBar(*columns, TextColumn("loss {task.fields[loss]:.3f}"), console=notices, transient=True) as bar:
        task = bar.add_task("training", visible=False, epoch=1, loss=float("nan"))

        def show(progress: Progress) -> None:
            bar.update(
                task,
                completed=progress.step,
                total=progress.steps,
                visible=True,
                epoch=progress.epoch + 1,
                loss=progress.loss,
            )

        return prepare(dataset, options, show)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ProPruNNError as problem:
        sys.exit(f"error: {problem}")
