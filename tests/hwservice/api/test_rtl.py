"""Jobs on the RTL itself, through the service."""

import io
import os
import secrets
import signal
import time
import zipfile
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from contracts.accelerator import PRESETS
from servicekit.jobs.local import LocalExecutor
from servicekit.jobs.process_tree import processes_of
from tests.hwservice.api.conftest import Running
from tests.servicekit.jobs.witness import process_lives

pytestmark = [pytest.mark.rtl, pytest.mark.slow]


def processes(running: Running, key: str) -> list[int]:
    """All processes of a running attempt."""
    executor = running.service.executor
    assert isinstance(executor, LocalExecutor)
    return processes_of(executor.mark_of(key) or "none")


def name_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def start(running: Running, job: str, network: str, **options: object) -> None:
    body = {"kind": "simulate", "options": {"network": network, **options}}
    assert running.client.put(f"/v1/jobs/{job}/attempts/1", json=body).status_code == 201


def until_simulating(running: Running, job: str) -> list[int]:
    """The processes of a job once its simulator runs."""
    while running.client.get(f"/v1/jobs/{job}").json()["phase"] != "simulate":
        assert not running.client.get(f"/v1/jobs/{job}").json()["done"]
    while len(found := processes(running, f"{job}.1")) < 2:
        pass
    return found


def test_a_simulation_leaves_its_files(running: Running, network: str, images: str) -> None:
    start(running, "rtl", network, calibration=images, inputs=images, count=2, trace=True)
    job = running.wait("rtl", 600)
    assert job["success"], job["failure"]
    assert job["result"]["report"]["bit_exact"] is True
    assert job["result"]["report"]["origins"]["cycles"] == "measured on RTL"
    assert set(job["artifacts"]) == {"program", "listing", "counters", "report", "outputs", "wave"}


def test_a_cancelled_simulation_leaves_no_process(running: Running, network: str) -> None:
    start(running, "cancelled", network, count=10_000)
    found = until_simulating(running, "cancelled")
    assert running.client.post("/v1/jobs/cancelled/cancel").json()["state"] in ("cancelling", "cancelled")
    assert running.wait("cancelled")["state"] == "cancelled"
    assert not any(process_lives(pid) for pid in found)
    assert running.works()


@pytest.mark.parametrize("programs", [{"java"}, {"verilator_bin", "cc1plus"}], ids=["sbt", "verilator"])
def test_a_cancelled_build_leaves_no_process(running: Running, network: str, programs: set[str]) -> None:
    # An accelerator of its own each time, so that no cache holds it.
    accelerator = asdict(replace(PRESETS["edge-8x8"], name="never built", list_depth=secrets.randbelow(3000) + 1000))
    job = f"build-{min(programs)}"
    start(running, job, network, accelerator=accelerator)
    while programs.isdisjoint(map(name_of, found := processes(running, f"{job}.1"))):
        assert not running.client.get(f"/v1/jobs/{job}").json()["done"]
        time.sleep(0.02)
    running.client.post(f"/v1/jobs/{job}/cancel")
    assert running.wait(job)["state"] == "cancelled"
    assert not any(process_lives(pid) for pid in found)
    assert running.works()


def test_a_killed_simulator_is_a_clear_failure(running: Running, network: str) -> None:
    start(running, "shot", network, count=10_000)
    simulator = max(until_simulating(running, "shot"))
    os.kill(simulator, signal.SIGKILL)
    job = running.wait("shot")
    assert job["state"] == "failed"
    assert job["failure"]["class"] == "infrastructure"
    assert "simulator ended with status -9" in job["failure"]["message"]
    assert running.works()


def test_verilog_can_be_taken_away(running: Running) -> None:
    body = {"kind": "elaborate", "options": {"accelerator": "pynq-8x32"}}
    running.client.put("/v1/jobs/verilog/attempts/1", json=body)
    job = running.wait("verilog", 600)
    content = running.client.get(job["artifacts"]["verilog"]["url"]).content
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["Accelerator.sv", "accelerator.json"]
