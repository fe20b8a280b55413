"""Whole campaigns on the fast twin: stopped, killed, resumed, extended; nothing is lost, nothing is done twice."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path
from threading import Event

import pandas as pd
import pytest

from contracts.errors import CancelledError, InputError
from hwservice.campaign import runner
from hwservice.campaign.draw import draw
from hwservice.campaign.export import export
from hwservice.campaign.journal import Journal, records
from hwservice.campaign.measure import Record, Task, measure
from hwservice.campaign.runner import Progress, extended, run_campaign
from tests.hwservice.campaign.small import small


def runs(folder: Path) -> list[str]:
    return [record.run for record in records(folder)]


def facts(found: Record) -> dict[str, object]:
    return {name: value for name, value in found.network.items() if name not in ("compile_s", "simulate_s")}


def test_every_network_runs_on_every_accelerator_once(tmp_path: Path) -> None:
    seen: list[Progress] = []
    done = run_campaign(small(tmp_path), tmp_path / "out", workers=2, simulator="null", report=seen.append)
    assert done.rows == done.rows_in_all == 18
    assert len(set(runs(tmp_path / "out"))) == len(runs(tmp_path / "out")) == len(seen)
    by_structure: dict[str, set[str]] = {}
    for record in records(tmp_path / "out"):
        assert record.network["status"] == "done"
        assert record.network["bit_exact"]
        by_structure.setdefault(record.structure, set()).add(record.network["accelerator"])
    assert set(map(len, by_structure.values())) == {2}


def test_a_finished_campaign_has_nothing_left_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_campaign(small(tmp_path), tmp_path / "out", workers=1, simulator="null")
    before = runs(tmp_path / "out")
    monkeypatch.setattr(runner, "draw", lambda *_: pytest.fail("drew a network that is there"))
    done = run_campaign(small(tmp_path), tmp_path / "out", workers=1, simulator="null")
    assert done.rows == done.rows_in_all
    assert runs(tmp_path / "out") == before


def test_a_stopped_campaign_goes_on_where_it_was(tmp_path: Path) -> None:
    stop = Event()

    def after_three(progress: Progress) -> None:
        if progress.rows >= 3:
            stop.set()

    with pytest.raises(CancelledError, match="goes on from there"):
        run_campaign(small(tmp_path), tmp_path / "out", workers=1, simulator="null", report=after_three, cancel=stop)
    kept = runs(tmp_path / "out")
    assert 3 <= len(kept) < 18
    run_campaign(small(tmp_path), tmp_path / "out", workers=1, simulator="null")
    assert runs(tmp_path / "out")[: len(kept)] == kept
    run_campaign(small(tmp_path), tmp_path / "whole", workers=1, simulator="null")
    stopped, whole = ({r.run: facts(r) for r in records(tmp_path / name)} for name in ("out", "whole"))
    assert stopped == whole


def test_a_network_that_was_drawn_twice_before_a_stop_is_measured_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = small(tmp_path)
    monkeypatch.setattr(runner, "draw", lambda *_: draw(campaign, campaign.parts[0], 0))
    (tmp_path / "out").mkdir()
    with Journal(tmp_path / "out") as journal:
        for part in campaign.parts:
            for number in range(part.count):
                journal.remember(part.digest, number, draw(campaign, campaign.parts[0], 0).structure.digest)
    done = run_campaign(campaign, tmp_path / "out", workers=1, simulator="null")
    assert len(runs(tmp_path / "out")) == 2
    assert done.rows == done.rows_in_all


def test_an_extended_campaign_keeps_its_rows_and_adds_new_ones(tmp_path: Path) -> None:
    run_campaign(small(tmp_path), tmp_path / "out", workers=1, simulator="null")
    before = runs(tmp_path / "out")
    grown = extended(tmp_path / "out", 15)
    done = run_campaign(grown, tmp_path / "out", workers=1, simulator="null")
    assert done.rows_in_all == 30
    after = runs(tmp_path / "out")
    assert after[: len(before)] == before
    assert len(after) > len(before)
    with pytest.raises(InputError, match="has 15 networks"):
        extended(tmp_path / "out", 15)


def test_another_campaign_is_not_mixed_into_a_folder(tmp_path: Path) -> None:
    run_campaign(small(tmp_path, 1, 1), tmp_path / "out", workers=1, simulator="null")
    other = extended(tmp_path / "out", 9)
    with pytest.raises(InputError, match="choose another folder"):
        run_campaign(type(other)("other", other.accelerators, other.parts), tmp_path / "out", simulator="null")


SCRIPT = """
    import sys
    from pathlib import Path
    from hwservice.campaign.definition import load_campaign
    from hwservice.campaign.runner import run_campaign
    if __name__ == "__main__":
        campaign = load_campaign(Path(sys.argv[1]))
        run_campaign(campaign, Path(sys.argv[2]), workers=2, simulator="null", report=lambda p: print(p.rows, flush=True))
"""


def test_a_killed_campaign_loses_nothing_and_leaves_no_worker(tmp_path: Path) -> None:
    whole = small(tmp_path, 30, 3)
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    command = [sys.executable, str(script), str(tmp_path / "small.toml"), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        for _ in range(5):
            process.stdout.readline()
        process.kill()
        group = process.pid
    kept = len(runs(tmp_path / "out"))
    assert 5 <= kept < whole.rows
    deadline = time.monotonic() + 20
    while _alive(group) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(group)
    done = run_campaign(whole, tmp_path / "out", workers=2, simulator="null")
    assert done.rows == whole.rows
    assert len(set(runs(tmp_path / "out"))) == len(runs(tmp_path / "out"))


def _alive(group: int) -> bool:
    """Whether a process of the group runs; those that only wait to be reaped do not."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rsplit(")", 1)[1].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state not in "ZX":
            return True
    return False


def test_a_network_that_kills_its_worker_becomes_a_row_until_the_next_run_tries_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = small(tmp_path, 4, 1)
    poison = draw(campaign, campaign.parts[0], 2).structure.to_json()
    monkeypatch.setattr(runner, "measure", partial(_dies_of, poison))
    done = run_campaign(campaign, tmp_path / "out", workers=2, simulator="null")
    assert done.rows == done.rows_in_all
    failures = [r.network for r in records(tmp_path / "out") if r.network["status"] == "failed"]
    assert {row["spec"] for row in failures} == {poison}
    assert all("worker died" in row["reason"] for row in failures)
    monkeypatch.setattr(runner, "measure", measure)
    done = run_campaign(campaign, tmp_path / "out", workers=1, simulator="null")
    assert (done.rows, done.failures) == (done.rows_in_all, 0)
    table = pd.read_parquet(export(tmp_path / "out", simulator="null").folder / "networks.parquet")
    assert set(table.status) == {"done"}
    assert table.run.is_unique


def _dies_of(poison: str, task: Task) -> list[Record]:
    if task.spec == poison:
        os.kill(os.getpid(), signal.SIGKILL)
    return measure(task)
