"""`python -m mlservice data`."""

import argparse
import json
from typing import Any

from rich.console import Console
from rich.table import Table

from mlservice.datasets import digits
from mlservice.datasets.catalogue import DIGITS, SOURCES, locate, places


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Tell what there is, and where it was looked for."""
    known: list[dict[str, Any]] = [
        {
            "name": name,
            "says": source.says,
            "image_shape": list(source.image_shape),
            "classes": source.classes,
            "found": str(found) if (found := locate(name)) else None,
            "expects": source.expects,
        }
        for name, source in SOURCES.items()
    ]
    known.append(
        {
            "name": DIGITS,
            "says": digits.SAYS,
            "image_shape": list(digits.IMAGE_SHAPE),
            "classes": digits.CLASSES,
            "found": "scikit-learn",
            "expects": "nothing: they come with scikit-learn",
        }
    )
    looked = [str(place) for place in places()]
    if options.json:
        print(json.dumps({"data": known, "looked_in": looked}))
        return 0
    table = Table("data", "what it is", "image", "classes", "where")
    for each in known:
        shape = " x ".join(map(str, each["image_shape"]))
        where = each["found"] or f"not found: expects {each['expects']}"
        table.add_row(each["name"], each["says"], shape, str(each["classes"]), where)
    console = Console()
    console.print(table)
    console.print(
        f"Looked in {', '.join(looked)}. Besides: NAME=FOLDER, a folder of images, a file .npz.", highlight=False
    )
    return 0
