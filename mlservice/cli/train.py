"""`python -m mlservice train`."""

import argparse
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from contracts.errors import CancelledError, InputError
from mlservice.datasets import Dataset, named

if TYPE_CHECKING:
    from mlservice.training import Epoch, TrainingOptions


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    network_arguments(parser)
    data_arguments(parser)
    parser.add_argument("--epochs", type=int, default=5, help="passes over the training images (default: %(default)s)")
    training_arguments(parser)
    parser.add_argument(
        "--validation-share",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="of the training images, set apart to choose by; 0: none (default: %(default)s)",
    )
    run_arguments(parser)


def training_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how to train, but for how long."""
    parser.add_argument(
        "--training-images", type=int, metavar="N", help="only the first so many of the training split (default: all)"
    )
    parser.add_argument("--batch", type=int, default=128, help="images of a step (default: %(default)s)")
    parser.add_argument("--learning-rate", type=float, default=0.3, help="at its peak (default: %(default)s)")
    parser.add_argument("--weight-decay", type=float, default=1e-4, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order, flips and crops (default: %(default)s)")
    parser.add_argument(
        "--flips", action=argparse.BooleanOptionalAction, help="mirror half of the images (default: unless digits)"
    )
    parser.add_argument(
        "--crop", type=int, default=0, metavar="PIXELS", help="move images by up to so many (default: 0)"
    )
    parser.add_argument(
        "--precision",
        choices=["auto", "float32", "bfloat16"],
        default="auto",
        help="auto: bfloat16 where the processor multiplies matrices of it (default: %(default)s)",
    )


def run_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where a run is kept, and that it may go on."""
    parser.add_argument(
        "--checkpoint-minutes", type=float, default=5.0, help="between checkpoints in an epoch (default: %(default)s)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    parser.add_argument("--out", type=Path, required=True, help="folder for the network, its report and checkpoints")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def network_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which network."""
    parser.add_argument(
        "--network",
        default="resnet8",
        metavar="NAME|FILE.py:CLASS",
        help="see `networks`; or any classifier of torchvision, or a class of your own (default: %(default)s)",
    )


def data_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which data."""
    parser.add_argument(
        "--data",
        default="fashion-mnist",
        metavar="NAME|NAME=FOLDER|FOLDER|FILE.npz",
        help="see `data`; or a folder of images, or arrays of your own (default: %(default)s)",
    )
    parser.add_argument(
        "--image-size", type=int, metavar="PIXELS", help="to which ImageNet or a folder's images are scaled and cut"
    )


def run(options: argparse.Namespace) -> int:
    """Train and print."""
    # torch takes seconds to import: other commands do without.
    from mlservice.demo.progress import training_bar  # noqa: PLC0415
    from mlservice.training.session import TrainRequest, train_session  # noqa: PLC0415

    request = TrainRequest(
        options.network,
        training_options(options),
        options.out,
        options.resume,
        checkpoint_s=60 * options.checkpoint_minutes,
    )
    dataset = read_data(options)
    notices = Console(stderr=True)
    with interruptible() as cancelled, training_bar(notices) as show:
        try:
            answer = train_session(dataset, request, show, lambda epoch: notices.print(_line(epoch)), cancelled)
        except CancelledError as error:
            notices.print(f"{error}; go on with --resume", highlight=False)
            raise
    if options.json:
        print(json.dumps(answer))
    else:
        Console().print(_table(answer))
    return 0


def training_options(options: argparse.Namespace) -> "TrainingOptions":
    """What the options say about training."""
    from mlservice.training import Precision, TrainingOptions  # noqa: PLC0415  # torch takes seconds to import

    return TrainingOptions(
        epochs=options.epochs,
        batch_images=options.batch,
        peak_learning_rate=options.learning_rate,
        weight_decay=options.weight_decay,
        seed=options.seed,
        flips=options.data != "digits" if options.flips is None else options.flips,
        crop_pixels=options.crop,
        precision=Precision(options.precision),
    )


def read_data(options: argparse.Namespace) -> Dataset:
    """The data that is asked for, with its validation split."""
    whole = named(options.data, options.image_size)
    if options.training_images is not None:
        if options.training_images < 1:
            raise InputError(f"--training-images is {options.training_images}: give at least 1")
        whole = replace(whole, training=whole.training.first(options.training_images))
    return whole.hold_out(options.validation_share, options.seed) if options.validation_share else whole


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C or SIGTERM asks the run to end behind its present step; a second one ends it at once."""
    asked = False

    def ask(number: int, _: object) -> None:
        nonlocal asked
        asked = True
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _line(epoch: "Epoch") -> str:
    share = (
        "" if epoch.validation_accuracy is None else f", {epoch.validation_accuracy:.2%} of the validation images right"
    )
    return f"Epoch {epoch.epoch + 1}: loss {epoch.loss:.3f}{share}"


def _table(answer: dict[str, Any]) -> Table:
    table = Table(title=f"{answer['network']} on {answer['data']}", title_justify="left", show_header=False)
    for name, value in answer.items():
        if not isinstance(value, dict | list):
            table.add_row(name.replace("_", " "), f"{value:.4g}" if isinstance(value, float) else str(value))
    return table
