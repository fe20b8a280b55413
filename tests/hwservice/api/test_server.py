"""The service as a process."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hwservice.api.settings import PORT, TOKEN_VARIABLE
from hwservice.cli import main
from servicekit.api.server import ServeOptions
from servicekit.api.settings import token_from_environment
from tests.hwservice.small_network import small_network_bytes
from tests.servicekit.jobs.witness import process_lives, until


@pytest.fixture(params=["local", "dask"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A service of its own with a folder of its own, and a client with its token."""
    command = [sys.executable, "-m", "hwservice", "serve", "--port", "0", "--executor", request.param]
    environment = {**os.environ, "PROPRUNN_CACHE": str(tmp_path)}
    environment.pop(TOKEN_VARIABLE, None)
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.fullmatch(r"hwservice listens on (http://127\.0\.0\.1:\d+) \(token in (.+)\)\n", said)
        assert found, said
        headers = {"Authorization": f"Bearer {Path(found[2]).read_text()}"}
        with httpx.Client(base_url=found[1], headers=headers, timeout=60) as client:
            yield process, client
        process.kill()


def descendants(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [int(child) for child in found] + [grand for child in found for grand in descendants(int(child))]


def job_over(client: httpx.Client, job: str) -> bool:
    return bool(client.get(f"/v1/jobs/{job}").json()["done"])


def test_it_serves_a_job_and_leaves_nothing_behind(server: tuple[subprocess.Popen[str], httpx.Client]) -> None:
    process, client = server
    health = client.get("/v1/health").json()
    assert re.fullmatch("[0-9a-f]{64}", health.pop("code"))
    assert health == {"status": "ok", "slots": 2, "running": 0, "waiting": 0}
    network = client.post("/v1/networks", content=small_network_bytes(), params={"name": "small"}).json()["digest"]
    options = {"network": network, "simulator": "null"}
    client.put("/v1/jobs/short/attempts/1", json={"kind": "simulate", "options": options})
    until(lambda: job_over(client, "short"), 60)
    report = client.get("/v1/jobs/short").json()["result"]["report"]
    assert report["bit_exact"] is True

    client.put("/v1/jobs/long/attempts/1", json={"kind": "simulate", "options": {**options, "count": 10_000}})
    until(lambda: client.get("/v1/jobs/long").json()["phase"] == "simulate", 60)
    everyone = [process.pid, *descendants(process.pid)]
    assert len(everyone) >= 2
    process.send_signal(signal.SIGINT)
    process.wait(30)
    until(lambda: not any(process_lives(pid) for pid in everyone), 10)


def test_a_running_job_is_cancelled(server: tuple[subprocess.Popen[str], httpx.Client]) -> None:
    _, client = server
    network = client.post("/v1/networks", content=small_network_bytes()).json()["digest"]
    options = {"network": network, "simulator": "null", "count": 10_000}
    client.put("/v1/jobs/long/attempts/1", json={"kind": "simulate", "options": options})
    until(lambda: client.get("/v1/jobs/long").json()["phase"] == "simulate", 60)
    started = time.monotonic()
    client.post("/v1/jobs/long/cancel")
    until(lambda: job_over(client, "long"), 10)
    assert client.get("/v1/jobs/long").json()["state"] == "cancelled"
    assert time.monotonic() - started < 5
    assert client.get("/v1/health").json()["status"] == "ok"


def test_the_generated_token_is_for_this_account_only_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    token, path = token_from_environment(TOKEN_VARIABLE, tmp_path)
    assert path is not None
    assert path.stat().st_mode & 0o077 == 0
    assert len(token) >= 32
    assert token_from_environment(TOKEN_VARIABLE, tmp_path) == (token, path)


def test_a_short_token_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "short")
    monkeypatch.setenv("PROPRUNN_CACHE", str(tmp_path))
    assert main(["serve", "--port", "0", "--executor", "local"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "70000"], "port is 70000"),
        (["--workers", "0"], "workers is 0"),
        (["--host", "192.0.2.1", "--port", "0", "--executor", "local"], "cannot listen on 192.0.2.1:0"),
    ],
)
def test_an_impossible_address_is_refused_in_words(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.setenv("PROPRUNN_CACHE", str(tmp_path))
    assert main(["serve", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    assert ServeOptions(PORT).host == "127.0.0.1"
