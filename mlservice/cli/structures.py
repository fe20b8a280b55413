"""`python -m mlservice train-structures`."""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import fields
from pathlib import Path

from rich.console import Console
from rich.table import Table

from contracts.errors import InputError
from contracts.structure import Structure
from contracts.training import IMAGE_DATA, TrainingPlan


def arguments(parser: ArgumentParser) -> None:
    """Declare the options: a file of structures, and every field of a plan."""
    parser.add_argument("structures", type=Path, metavar="FILE.jsonl", help="networks without weights, one a line")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="a file for each network that is trained"
    )
    parser.add_argument("--workers", type=int, default=1, help="networks side by side, one thread each (default: 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    for field in fields(TrainingPlan):
        option = f"--{field.name.replace('_', '-')}"
        choices = list(IMAGE_DATA) if field.name == "data" else None
        parser.add_argument(
            option, type=type(field.default), default=field.default, choices=choices, help="default: %(default)s"
        )


def run(options: Namespace) -> int:
    """Train what is not there yet and print what came of all of them."""
    from mlservice.training.structures import Trained, train_structures  # noqa: PLC0415  # torch takes seconds to import

    plan = TrainingPlan(**{field.name: getattr(options, field.name) for field in fields(TrainingPlan)})
    if options.workers < 1:
        raise InputError(f"--workers is {options.workers}; it must be at least 1")

    def report(progress: Trained) -> None:
        left = "" if progress.seconds_left is None else f", {progress.seconds_left / 60:.1f} min left"
        print(f"{progress.done}/{progress.networks} networks trained{left}", file=sys.stderr, flush=True)

    found = train_structures(_read(options.structures), plan, options.out, options.workers, report)
    if options.json:
        print(json.dumps({"trainings": found}))
        return 0
    table = Table("structure", "accuracy", "after each epoch, held back", "seconds")
    for one in found:
        curve = ", ".join(f"{share:.3f}" for share in one.get("accuracy_curve", ()))
        told = f"{one['accuracy']:.4f}" if "accuracy" in one else one["reason"]
        table.add_row(one["structure"][:12], told, curve, f"{one.get('seconds', 0):.1f}")
    Console().print(table)
    return 0


def _read(path: Path) -> list[Structure]:
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"structures {path} cannot be read: {error}") from error
    if not lines:
        raise InputError(f"structures {path} has no line; give one JSON object a line, as Structure.to_json writes it")
    return [Structure.from_mapping(values, f"{path.name}:{number}") for number, values in enumerate(lines, 1)]
