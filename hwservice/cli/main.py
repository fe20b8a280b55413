"""All commands, and what happens with one."""

import argparse
from collections.abc import Sequence

from hwservice.cli import commands
from servicekit.commands import parser_of, run


def main(arguments: Sequence[str]) -> int:
    """Run one command; return 0, 2 where the user's input is at fault, 1 for other errors."""
    return run(parser(), arguments)


def parser() -> argparse.ArgumentParser:
    """All commands and their arguments."""
    what = "Networks on the accelerator: figures measured on its RTL."
    return parser_of("python -m hwservice", what, commands.COMMANDS)
