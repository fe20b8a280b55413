"""The results of a campaign on disk: shards that are only appended to, and an index that can be made again from them.

A shard is a gzip file of which each member is one line of JSON (`zcat` reads it). What a kill cuts off is cut off when the journal is
opened again, so at most the row that was being written is lost, and done once more.
"""

import fcntl
import gzip
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

from contracts.campaign import ROW_COLUMNS
from contracts.dataset import DONE
from contracts.errors import InputError, ToolError
from hwservice.campaign.measure import NOT_THE_NETWORKS, Record, from_line, to_line

SHARD_BYTES = 16 << 20
ROWS = "rows"
INDEX = "index.sqlite"
PASSING = 2
"""How the index marks failures that the next run tries again."""
INDEXED = ("structure", "code", *ROW_COLUMNS)
"""Columns of rows that the index holds too, so that looking at all of them is quick."""


class Journal:
    """Opened by one process at a time.

    Raises:
        InputError: another process has it open.
        ToolError: the folder cannot be written.
    """

    def __init__(self, folder: Path, shard_bytes: int = SHARD_BYTES) -> None:
        self.folder, self.shard_bytes = folder, shard_bytes
        try:
            (folder / ROWS).mkdir(parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("w")
        except OSError as error:
            raise ToolError(f"campaign folder {folder} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(
                f"campaign folder {folder} is in use by another process; wait for it, or stop it"
            ) from None
        self._index = sqlite3.connect(folder / INDEX, isolation_level=None)
        self._index.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
            "CREATE TABLE IF NOT EXISTS done(run TEXT PRIMARY KEY, failed INT) WITHOUT ROWID;"
            "CREATE TABLE IF NOT EXISTS shards(name TEXT PRIMARY KEY, bytes INT) WITHOUT ROWID;"
            "CREATE TABLE IF NOT EXISTS drawn(part INT, number INT, structure TEXT, PRIMARY KEY(part, number)) WITHOUT ROWID;"
            "CREATE TABLE IF NOT EXISTS places(accelerator TEXT PRIMARY KEY, code TEXT) WITHOUT ROWID;"
        )
        self._add_figures()
        self._catch_up()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let others have it."""
        self._index.close()
        self._lock.close()

    def append(self, record: Record) -> None:
        """Keep one row; it is on disk on return."""
        shard = self._last_shard()
        with shard.open("ab") as file:
            file.write(gzip.compress(to_line(record) + b"\n", 6, mtime=0))
            file.flush()
            os.fsync(file.fileno())
            self._note(record, shard.name, file.tell())

    def has(self, run: str) -> bool:
        """Whether a row is there that need not be made again: its figures, or a failure that would only come again."""
        return (
            self._index.execute("SELECT 1 FROM done WHERE run = ? AND failed < ?", (run, PASSING)).fetchone()
            is not None
        )

    def failed(self, run: str) -> bool:
        """Whether a row is there that holds the reason of its failure."""
        return self._index.execute("SELECT 1 FROM done WHERE run = ? AND failed > 0", (run,)).fetchone() is not None

    def counts(self) -> tuple[int, int]:
        """Rows, and how many of them failed."""
        rows, failures = self._index.execute("SELECT count(*), coalesce(sum(failed > 0), 0) FROM done").fetchone()
        return int(rows), int(failures)

    def remember(self, part: int, number: int, structure: str) -> None:
        """Which structure a part's network is, so that it need not be drawn again to know."""
        self._index.execute("INSERT OR REPLACE INTO drawn VALUES(?, ?, ?)", (part, number, structure))

    def drawn(self, part: int, number: int) -> str | None:
        """The digest of a network that was drawn before."""
        found = self._index.execute(
            "SELECT structure FROM drawn WHERE part = ? AND number = ?", (part, number)
        ).fetchone()
        return None if found is None else str(found[0])

    def remember_places(self, codes: Mapping[str, str]) -> None:
        """By which code the rows of each accelerator are made now; those of other code are stale."""
        self._index.executemany("INSERT OR REPLACE INTO places VALUES(?, ?)", list(codes.items()))

    def _add_figures(self) -> None:
        """An index that does not hold `INDEXED` yet is made again."""
        if self._index.execute("SELECT 1 FROM sqlite_master WHERE name = 'figures'").fetchone() is None:
            names = ", ".join(INDEXED)
            self._index.execute(f"CREATE TABLE figures({names}, PRIMARY KEY(run)) WITHOUT ROWID")
            self._index.execute("DELETE FROM shards")

    def _note(self, record: Record, shard: str, size: int) -> None:
        self._index.execute("BEGIN")
        self._index.execute("INSERT OR REPLACE INTO done VALUES(?, ?)", (record.run, _failure(record)))
        figures = [record.network.get(name) for name in INDEXED]
        self._index.execute(f"INSERT OR REPLACE INTO figures VALUES({', '.join('?' * len(INDEXED))})", figures)
        self._index.execute("INSERT OR REPLACE INTO shards VALUES(?, ?)", (shard, size))
        self._index.execute("COMMIT")

    def _last_shard(self) -> Path:
        shards = shards_of(self.folder)
        if shards and shards[-1].stat().st_size < self.shard_bytes:
            return shards[-1]
        return self.folder / ROWS / f"{len(shards):05}.jsonl.gz"

    def _catch_up(self) -> None:
        """Index what is not in the index, and cut off what a kill left unfinished."""
        known = dict(self._index.execute("SELECT name, bytes FROM shards").fetchall())
        for shard in shards_of(self.folder):
            size = shard.stat().st_size
            start = min(int(known.get(shard.name, 0)), size)
            if start == size:
                continue
            for record, end in _members(shard, start):
                self._note(record, shard.name, end)
                start = end
            if start < size:
                os.truncate(shard, start)


def _failure(record: Record) -> int:
    """0: none; 1: one that would come again; `PASSING`: the machine's or ours."""
    row = record.network
    return 0 if row["status"] == DONE else PASSING if row["reason"].startswith(NOT_THE_NETWORKS) else 1


def shards_of(folder: Path) -> list[Path]:
    """All shards, in order."""
    return sorted((folder / ROWS).glob("*.jsonl.gz"))


def records(folder: Path) -> Iterator[Record]:
    """Every row of a campaign, in the order in which they were made; only one is in memory at a time."""
    for shard in shards_of(folder):
        for record, _ in _members(shard, 0):
            yield record


class Replaced:
    """Which failures were made good by a later row of the same name; looks while a campaign may be running."""

    def __init__(self, folder: Path) -> None:
        place = folder / INDEX
        self._index = sqlite3.connect(f"file:{place}?mode=ro", uri=True) if place.is_file() else None

    def __call__(self, record: Record) -> bool:
        """Whether this one was."""
        if self._index is None or _failure(record) != PASSING:
            return False
        found = self._index.execute("SELECT failed FROM done WHERE run = ?", (record.run,)).fetchone()
        return found is not None and int(found[0]) < PASSING


def _members(shard: Path, start: int) -> Iterator[tuple[Record, int]]:
    """Whole members from an offset on, each with the offset of its end; ends at the first that is not whole."""
    with shard.open("rb") as file:
        file.seek(start)
        rest, at = b"", start
        while True:
            unpacker = zlib.decompressobj(31)
            line = b""
            while not unpacker.eof:
                piece = rest or file.read(1 << 16)
                rest = b""
                if not piece:
                    return
                try:
                    line += unpacker.decompress(piece)
                except zlib.error:
                    return
            rest = unpacker.unused_data
            at = file.tell() - len(rest)
            yield from_line(line), at
