"""`python -m mlservice prune`."""

import argparse
import json
import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from contracts.errors import CancelledError
from mlservice.cli.subject import accelerator_of, cost_arguments, network_of, subject_arguments
from mlservice.cli.train import interruptible, read_data, run_arguments, training_arguments, training_options


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    subject_arguments(parser)
    cost_arguments(parser)
    parser.add_argument("--latency-ms", type=float, help="for one image on the RTL, at most")
    parser.add_argument(
        "--energy-mj",
        type=float,
        help="for one image, by the RTL's counters, at most; beside or instead of --latency-ms",
    )
    parser.add_argument("--method", default="priced-gates", help="see `methods` (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=8, help="passes over the training images (default: %(default)s)")
    training_arguments(parser)
    parser.add_argument(
        "--validation-share",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="of the training images, set apart to watch by (default: %(default)s)",
    )
    parser.add_argument(
        "--dense", type=Path, metavar="DIR", help="of a session of method dense: its accuracy is stated beside"
    )
    run_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prune and print; 1 where the RTL's outputs are not the golden model's."""
    # torch takes seconds to import: other commands do without.
    from mlservice.demo.progress import training_bar  # noqa: PLC0415
    from mlservice.hardware import hardware_of  # noqa: PLC0415
    from mlservice.predictors.registry import Registry  # noqa: PLC0415
    from mlservice.training.prune import PruneRequest, prune  # noqa: PLC0415

    request = PruneRequest(
        options.latency_ms,
        options.method,
        training_options(options),
        options.out,
        options.energy_mj,
        options.cost,
        options.network,
        options.resume,
        60 * options.checkpoint_minutes,
        options.dense,
        Registry(options.registry),
    )
    dataset = read_data(options)
    network = network_of(options.network, dataset, options.seed)
    notices = Console(stderr=True)
    with interruptible() as cancelled, training_bar(notices) as show:
        try:
            answer = prune(
                network,
                dataset,
                accelerator_of(options.accelerator),
                request,
                hardware_of(os.environ, cancelled),
                show,
                cancelled=cancelled,
            )
        except CancelledError as error:
            notices.print(f"{error}; go on with --resume", highlight=False)
            raise
    if options.json:
        print(json.dumps(answer))
    else:
        Console().print(_table(answer))
    return 0 if answer["bit_exact"] else 1


def _table(answer: dict[str, object]) -> Table:
    table = Table(title=f"{answer['method']} on {answer['accelerator']}", title_justify="left", show_header=False)
    for name, value in answer.items():
        if not isinstance(value, dict):
            table.add_row(name.replace("_", " "), f"{value:.4g}" if isinstance(value, float) else str(value))
    return table
