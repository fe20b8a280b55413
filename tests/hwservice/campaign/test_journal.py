import gzip
import json
import sqlite3
from pathlib import Path

import pytest

from contracts.errors import InputError
from hwservice.campaign.journal import Journal, records, shards_of
from hwservice.campaign.measure import Record


def record(number: int, status: str = "done") -> Record:
    network = {"run": f"{number:032x}", "structure": f"s{number}", "status": status, "reason": "", "cycles": number}
    return Record(f"{number:032x}", f"s{number}", network, {"cycles": [number, 2]})


def fill(folder: Path, count: int, shard_bytes: int = 1 << 20) -> None:
    with Journal(folder, shard_bytes) as journal:
        for number in range(count):
            journal.append(record(number))


def test_rows_come_back_as_they_were_kept(tmp_path: Path) -> None:
    fill(tmp_path, 5)
    assert list(records(tmp_path)) == [record(n) for n in range(5)]
    lines = gzip.decompress(shards_of(tmp_path)[0].read_bytes()).splitlines()
    assert [json.loads(line)["network"]["cycles"] for line in lines] == [0, 1, 2, 3, 4]


def test_a_full_shard_is_followed_by_another(tmp_path: Path) -> None:
    fill(tmp_path, 6, shard_bytes=300)
    assert len(shards_of(tmp_path)) > 1
    assert [r.network["cycles"] for r in records(tmp_path)] == list(range(6))


def test_a_lost_index_is_made_again_from_the_shards(tmp_path: Path) -> None:
    fill(tmp_path, 6, shard_bytes=300)
    for file in tmp_path.glob("index.sqlite*"):
        file.unlink()
    with Journal(tmp_path) as journal:
        assert journal.counts() == (6, 0)
        assert all(journal.has(record(n).run) for n in range(6))


def test_what_a_kill_cut_off_is_cut_off_and_written_again(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    shard = shards_of(tmp_path)[0]
    whole = shard.read_bytes()
    for cut in range(1, 40, 3):
        shard.write_bytes(whole[:-cut])
        for file in tmp_path.glob("index.sqlite*"):
            file.unlink()
        with Journal(tmp_path) as journal:
            assert journal.counts() == (2, 0)
            assert not journal.has(record(2).run)
            journal.append(record(2))
        assert [r.network["cycles"] for r in records(tmp_path)] == [0, 1, 2]


def test_a_row_that_reached_the_shard_and_not_the_index_is_not_lost(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    index = (tmp_path / "index.sqlite").read_bytes()
    with Journal(tmp_path) as journal:
        journal.append(record(2, "failed"))
    for file in tmp_path.glob("index.sqlite*"):
        file.unlink()
    (tmp_path / "index.sqlite").write_bytes(index)
    with Journal(tmp_path) as journal:
        assert journal.counts() == (3, 1)


def test_two_processes_cannot_write_the_same_campaign(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(InputError, match="in use by another process"):
        Journal(tmp_path)


def test_drawn_networks_are_remembered(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.remember(7, 3, "abc")
    with Journal(tmp_path) as journal:
        assert journal.drawn(7, 3) == "abc"
        assert journal.drawn(7, 4) is None


def test_an_index_of_before_it_held_figures_is_made_again(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    with sqlite3.connect(tmp_path / "index.sqlite") as index:
        index.execute("DROP TABLE figures")
    with Journal(tmp_path) as journal:
        assert journal.counts() == (3, 0)
    with sqlite3.connect(tmp_path / "index.sqlite") as index:
        assert [row[0] for row in index.execute("SELECT cycles FROM figures ORDER BY cycles")] == [0, 1, 2]
