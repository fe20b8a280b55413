"""Which of a folder's rows belong to a definition: a folder also holds rows of larger ones that had the same name."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from contracts.campaign import ROW_COLUMNS, Rows
from hwservice.campaign.definition import Campaign, Part
from hwservice.campaign.draw import draw
from hwservice.campaign.journal import INDEX

_OF_DEFINITION = """
WITH part(digest, count) AS (VALUES {values}),
     drawn_by AS (SELECT DISTINCT structure FROM drawn JOIN part ON drawn.part = part.digest AND drawn.number < part.count)
SELECT {columns} FROM figures JOIN places USING (accelerator, code) WHERE structure IN drawn_by
"""


class Members:
    """The structures that a campaign draws: from its index, and where that does not know all of them, drawn when one is asked for."""

    def __init__(self, campaign: Campaign, folder: Path) -> None:
        self._found: set[str] = set()
        known: list[Mapping[int, str]] = []
        with _index(folder) as index:
            for part in campaign.parts:
                numbers = _drawn(index, part)
                known.append(numbers)
                self._found.update(numbers.values())
        self._rest = (
            draw(campaign, part, number).structure.digest
            for part, numbers in zip(campaign.parts, known, strict=True)
            for number in range(part.count)
            if number not in numbers
        )

    def __contains__(self, structure: str) -> bool:
        while structure not in self._found:
            more = next(self._rest, None)
            if more is None:
                return False
            self._found.add(more)
        return True


def rows_so_far(campaign: Campaign, folder: Path) -> Rows:
    """The rows of a definition that are there, made by the code that its last run had; while it runs, too."""
    columns: dict[str, list[object]] = {name: [] for name in ROW_COLUMNS}
    with _index(folder) as index:
        if index is not None and _has_figures(index):
            text = _OF_DEFINITION.format(
                values=", ".join(["(?, ?)"] * len(campaign.parts)), columns=", ".join(ROW_COLUMNS)
            )
            given = [value for part in campaign.parts for value in (part.digest, part.count)]
            found = index.execute(text, given).fetchall()
            columns = {name: [row[at] for row in found] for at, name in enumerate(ROW_COLUMNS)}
    return Rows(columns)


@contextmanager
def _index(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """The folder's index to read; None where it has none."""
    place = folder / INDEX
    if not place.is_file():
        yield None
        return
    with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as found:
        yield found


def _drawn(index: sqlite3.Connection | None, part: Part) -> dict[int, str]:
    if index is None:
        return {}
    rows = index.execute("SELECT number, structure FROM drawn WHERE part = ? AND number < ?", (part.digest, part.count))
    return {int(number): str(structure) for number, structure in rows}


def _has_figures(index: sqlite3.Connection) -> bool:
    """Not in a folder that was not written to since its index holds no figures."""
    return index.execute("SELECT 1 FROM sqlite_master WHERE name = 'places'").fetchone() is not None
