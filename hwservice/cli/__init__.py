"""The command line: `python -m hwservice COMMAND`."""

from hwservice.cli.main import main

__all__ = ["main"]
