"""Commands, their arguments, and how errors are told."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from contracts.errors import CancelledError, InputError, ProPruNNError
from hwservice.cli import commands

INPUT_ERROR: Final = 2
OTHER_ERROR: Final = 1
INTERRUPTED: Final = 130


def main(arguments: Sequence[str]) -> int:
    """Run one command; return 0, 2 where the user's input is at fault, 1 for other errors."""
    try:
        options = parser().parse_args(arguments)
        status: int = options.run(options)
    except InputError as error:
        return _tell(arguments, INPUT_ERROR, "input", error)
    except (CancelledError, KeyboardInterrupt):
        return _tell(arguments, INTERRUPTED, "cancelled", CancelledError("cancelled"))
    except (ProPruNNError, MemoryError) as error:
        return _tell(arguments, OTHER_ERROR, "infrastructure", error)
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OTHER_ERROR
    return status


class _Parser(argparse.ArgumentParser):
    """Wrong arguments are input errors like all others."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def parser() -> argparse.ArgumentParser:
    """All commands and their arguments."""
    top = _Parser(prog="python -m hwservice", description="Networks on the accelerator: figures measured on its RTL.")
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for command in commands.COMMANDS:
        sub = subparsers.add_parser(command.name, help=command.what, description=command.what)
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    return top


def _tell(arguments: Sequence[str], status: int, kind: str, error: BaseException) -> int:
    message = str(error) or type(error).__name__
    if "--json" in arguments:
        print(json.dumps({"error": {"class": kind, "code": type(error).__name__, "message": message}}))
    print(f"error: {message}", file=sys.stderr)
    return status
