"""Commands of the learning side."""

import argparse
import sys
from collections.abc import Sequence

from contracts.errors import ProPruNNError
from mlservice.cli import prune


def main(arguments: Sequence[str]) -> int:
    """Run one command; 2 where the user has to change something."""
    parser = argparse.ArgumentParser(
        prog="python -m mlservice", description="Train and prune networks for an accelerator."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    prune.add_parser(commands)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except ProPruNNError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
