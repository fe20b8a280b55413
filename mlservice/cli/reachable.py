"""`python -m mlservice reachable`: what budgets a network can keep on an accelerator, before anything is trained."""

import argparse
import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from mlservice.cli.subject import accelerator_of, cost_arguments, network_of, subject_arguments
from mlservice.datasets import named


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    subject_arguments(parser)
    cost_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print the least, half and all channels with what they cost."""
    # torch takes seconds to import: other commands do without.
    from mlservice.predictors.registry import Registry  # noqa: PLC0415
    from mlservice.pruning.metrics import costs_of  # noqa: PLC0415
    from mlservice.pruning.reachable import reachable  # noqa: PLC0415
    from mlservice.pruning.trace import trace  # noqa: PLC0415

    dataset = named(options.data, options.image_size)
    traced = trace(network_of(options.network, dataset, seed=0), dataset.image_shape)
    accelerator = accelerator_of(options.accelerator)
    table = reachable(traced, costs_of(options.cost, accelerator, Registry(options.registry)), accelerator.rows)
    if options.json:
        print(json.dumps({row.name: asdict(row) for row in table}))
        return 0
    shown = Table(
        "", "latency, ms", "energy, mJ", "parameters", "MACs", title=f"{options.network} on {options.accelerator}"
    )
    for row in table:
        costs = (f"{row.costs[metric]:.4g}" for metric in ("latency_ms", "energy_mj"))
        shown.add_row(row.name, *costs, f"{row.parameters:,}", f"{row.macs:,}")
    Console().print(shown)
    return 0
