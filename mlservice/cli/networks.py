"""`python -m mlservice networks`."""

import argparse
import json
from typing import Any

from rich.console import Console
from rich.table import Table

from contracts.errors import InputError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "networks",
        nargs="*",
        metavar="NAME|FILE.py:CLASS",
        help="these alone: of the table, of torchvision, or your own; says whether they can be pruned (default: the table)",
    )
    parser.add_argument("--image", default="3x32x32", metavar="CxHxW", help="an image's shape (default: %(default)s)")
    parser.add_argument("--classes", type=int, default=10, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Tell what there is, how large it is for such images, and what cannot be pruned."""
    from mlservice.networks import NETWORKS  # noqa: PLC0415  # torch takes seconds to import

    shape = _shape(options.image)
    if options.networks:
        known = [_examined(name, shape, options.classes) for name in options.networks]
    else:
        known = [
            {"name": name, "says": entry.says, "params": _parameters(name, shape, options.classes)}
            for name, entry in NETWORKS.items()
        ]
    if options.json:
        print(json.dumps({"image_shape": list(shape), "classes": options.classes, "networks": known}))
        return 0
    table = Table("network", "parameters", "", title=f"for images of {options.image}, {options.classes} classes")
    for each in known:
        words = each.get("says") or (each["not_prunable"] or "can be pruned")
        table.add_row(each["name"], f"{each['params']:,}", words)
    Console().print(table)
    return 0


def _parameters(name: str, shape: tuple[int, int, int], classes: int) -> int:
    """Counted without making any."""
    import torch  # noqa: PLC0415  # as above

    from mlservice.networks import build  # noqa: PLC0415  # as above

    with torch.device("meta"):
        return sum(p.numel() for p in build(name, shape, classes).parameters())


def _examined(name: str, shape: tuple[int, int, int], classes: int) -> dict[str, Any]:
    from mlservice.networks import build  # noqa: PLC0415  # as above
    from mlservice.training.session import not_prunable  # noqa: PLC0415  # as above

    network = build(name, shape, classes, seed=0)
    params = sum(p.numel() for p in network.parameters())
    return {"name": name, "params": params, "not_prunable": not_prunable(network, shape)}


def _shape(given: str) -> tuple[int, int, int]:
    try:
        channels, height, width = (int(part) for part in given.lower().split("x"))
    except ValueError:
        channels = height = width = 0
    if min(channels, height, width) < 1:
        raise InputError(f"image is {given!r}: give channels, height and width, such as 3x32x32")
    return channels, height, width
