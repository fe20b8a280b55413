"""What the gate finds in uploaded tables, predictors, data sets and reports: `python -m mlservice.jobs.gate`, in a limited process."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from contracts.dataset import LAYER_COLUMNS, NETWORK_COLUMNS
from contracts.errors import InputError
from servicekit.jobs import gate

GATE_COMMAND: Final = (sys.executable, "-m", "mlservice.jobs.gate")
MOST_ROWS: Final = 5_000_000
_KNOWN: Final = {"networks": {column.name for column in NETWORK_COLUMNS}, "layers": {c.name for c in LAYER_COLUMNS}}
_TELLING: Final = {"networks": "spec", "layers": "index"}
"""A column that only one of the two tables has."""
_REPORTED: Final = ("network", "data", "epochs", "seed", "accuracy_float")
"""What every report of a session has."""


def _table(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Which of a data set's tables it is, and how many rows it has; only the file's footer is read."""
    import pyarrow  # noqa: PLC0415  # only the process needs it
    import pyarrow.parquet  # noqa: PLC0415  # as above

    del options
    try:
        found = pyarrow.parquet.ParquetFile(path)
        names, rows = set(found.schema_arrow.names), int(found.metadata.num_rows)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path.name} is no Parquet file: {error}") from error
    which = next((table for table, column in _TELLING.items() if column in names and {"run", "cycles"} <= names), None)
    if which is None:
        raise InputError(f"{path.name} is no table of a data set: it lacks run, cycles, and spec or index")
    if rows > MOST_ROWS:
        raise InputError(f"{path.name} has {rows} rows; at most {MOST_ROWS} are taken")
    return {"table": which, "rows": rows, "unknown_columns": sorted(names - _KNOWN[which])}


def _predictor(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Which predictor it is; the zip is read whole, and nothing unpacked."""
    from mlservice.predictors.registry import card_in  # noqa: PLC0415  # tables need no learning library

    del options
    card = card_in(path)
    return {"name": card.name, "version": card.version, "kind": card.kind, "target": card.target.value}


def _data_set(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """What images it has; all of them are looked at."""
    from mlservice.datasets.npz import read  # noqa: PLC0415  # the others do without

    del options
    found = read(path)
    images = {"training": found.training, "validation": found.validation, "test": found.test}
    return {
        "image_shape": list(found.image_shape),
        "classes": found.classes,
        "images": {name: len(split) if split is not None else 0 for name, split in images.items()},
    }


def _report(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Which session it is of."""
    del options
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"{path.name} is no JSON: {error}") from error
    missing = [name for name in _REPORTED if not isinstance(found, dict) or name not in found]
    if missing:
        raise InputError(f"{path.name} is no report of a training session: it lacks {', '.join(missing)}")
    return {name: found[name] for name in _REPORTED}


def main() -> int:
    """Carry out the check on stdin."""
    return gate.examine({"table": _table, "predictor": _predictor, "data-set": _data_set, "report": _report})


if __name__ == "__main__":
    sys.exit(main())
