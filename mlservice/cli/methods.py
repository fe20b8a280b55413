"""`python -m mlservice methods`: all ways to meet a budget."""

import argparse
import json

from rich.console import Console
from rich.table import Table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print names and what they are."""
    from mlservice.training.methods.catalogue import METHODS  # noqa: PLC0415  # torch takes seconds to import

    if options.json:
        print(json.dumps({name: method.says for name, method in METHODS.items()}))
        return 0
    table = Table("method", "what it is")
    for name, method in METHODS.items():
        table.add_row(name, method.says)
    Console().print(table)
    return 0
