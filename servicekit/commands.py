"""Command lines of services: their commands, how arguments are refused, how errors are told, with which status."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from contracts.errors import CancelledError, InputError, ProPruNNError

INPUT_ERROR: Final = 2
OTHER_ERROR: Final = 1
INTERRUPTED: Final = 130


@dataclass(frozen=True)
class Command:
    """One word of a command line."""

    name: str
    what: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class _Parser(argparse.ArgumentParser):
    """Wrong arguments are input errors like all others."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def parser_of(program: str, what: str, commands: Sequence[Command]) -> argparse.ArgumentParser:
    """All commands and their arguments."""
    top = _Parser(prog=program, description=what)
    add_commands(top, commands)
    return top


def add_commands(parser: argparse.ArgumentParser, commands: Sequence[Command]) -> None:
    """Let a parser take one of some commands."""
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for command in commands:
        sub = subparsers.add_parser(command.name, help=command.what, description=command.what)
        sub.set_defaults(run=command.run, command=command.name)
        command.arguments(sub)


def run(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    """Run one command; return 0, 2 where the user's input is at fault, 1 for other errors."""
    try:
        options = parser.parse_args(arguments)
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


def _tell(arguments: Sequence[str], status: int, kind: str, error: BaseException) -> int:
    message = str(error) or type(error).__name__
    if "--json" in arguments:
        print(json.dumps({"error": {"class": kind, "code": type(error).__name__, "message": message}}))
    print(f"error: {message}", file=sys.stderr)
    return status


def serve_arguments(port: int) -> Callable[[argparse.ArgumentParser], None]:
    """Arguments of a command that serves."""

    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=port, help="0: any free one (default: %(default)s)")
        parser.add_argument("--executor", choices=("dask", "local"), default="dask", help="default: %(default)s")
        parser.add_argument("--workers", type=int, default=2, help="jobs side by side (default: %(default)s)")

    return add
