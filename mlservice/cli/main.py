"""All commands, and what happens with one."""

import argparse
from collections.abc import Sequence
from typing import Final

from mlservice.api.settings import PORT
from mlservice.cli import bench, data, methods, networks, pareto, plans, predictors, prune, reachable, structures, train
from servicekit.commands import Command, add_commands, parser_of, run, serve_arguments


def main(arguments: Sequence[str]) -> int:
    """Run one command; return 0, 2 where the user's input is at fault, 1 for other errors."""
    return run(parser(), arguments)


def parser() -> argparse.ArgumentParser:
    """All commands and their arguments."""
    return parser_of("python -m mlservice", "Networks that learn what they cost.", COMMANDS)


def _serve(options: argparse.Namespace) -> int:
    from mlservice.api.server import LEARNING_SERVICE  # noqa: PLC0415  # the web framework costs a second
    from servicekit.api.server import ServeOptions, serve  # noqa: PLC0415  # as above

    return serve(LEARNING_SERVICE, ServeOptions(options.port, options.host, options.executor, options.workers))


def _predictor_arguments(parser: argparse.ArgumentParser) -> None:
    add_commands(parser, predictors.COMMANDS)


def _bench_arguments(parser: argparse.ArgumentParser) -> None:
    add_commands(parser, bench.COMMANDS)


def _nothing(options: argparse.Namespace) -> int:
    raise AssertionError(f"{options.command} needs a command of its own")


COMMANDS: Final = (
    Command("apply", "cut a trained network by a plan", plans.apply_arguments, plans.cut),
    Command("bench", "benchmarks that take hours, kept run by run", _bench_arguments, _nothing),
    Command("data", "image data that is known by name, and where it is", data.arguments, data.run),
    Command("explain", "say in words what a plan cuts, and why", plans.explain_arguments, plans.tell),
    Command("methods", "all ways to meet a budget", methods.arguments, methods.run),
    Command("networks", "networks that can be trained and pruned", networks.arguments, networks.run),
    Command(
        "pareto",
        "methods at several budgets with several seeds: front, hypervolume, spread",
        pareto.arguments,
        pareto.run,
    ),
    Command("plan", "write down what to cut of a trained network", plans.plan_arguments, plans.write),
    Command("predictors", "train, judge and ask predictors of latency and energy", _predictor_arguments, _nothing),
    Command("prune", "train a network that shapes itself to a budget of latency or energy", prune.arguments, prune.run),
    Command(
        "reachable", "which budgets a network can keep, before anything is trained", reachable.arguments, reachable.run
    ),
    Command(
        "train-structures",
        "train networks without weights side by side, and keep what came of each",
        structures.arguments,
        structures.run,
    ),
    Command("train", "train a network; kept, resumed, its energy told", train.arguments, train.run),
    Command("serve", "offer all of this over HTTP", serve_arguments(PORT), _serve),
)
