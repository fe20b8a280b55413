"""`python -m mlservice prune`."""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from contracts.accelerator import PRESETS
from mlservice.cli.subject import cost_arguments, network_of, subject_arguments
from mlservice.datasets import named


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
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="folder for the network and its report")
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    """Prune and print; 1 where the RTL's outputs are not the golden model's."""
    # torch takes seconds to import: other commands do without.
    from mlservice import hardware  # noqa: PLC0415
    from mlservice.demo.progress import training_bar  # noqa: PLC0415
    from mlservice.training.options import TrainingOptions  # noqa: PLC0415
    from mlservice.training.prune import PruneRequest, prune  # noqa: PLC0415

    dataset = named(options.data)
    training = TrainingOptions(
        epochs=options.epochs, batch_images=options.batch, seed=options.seed, flips=options.data != "digits"
    )
    request = PruneRequest(options.latency_ms, options.method, training, options.out, options.energy_mj, options.cost)
    network = network_of(dataset, options.seed)
    with training_bar(Console(stderr=True)) as show:
        answer = prune(network, dataset, PRESETS[options.accelerator], request, hardware, show)
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
