"""The command line: `python -m mlservice COMMAND`."""

from mlservice.cli.main import main

__all__ = ["main"]
