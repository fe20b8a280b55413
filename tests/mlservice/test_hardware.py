"""The hardware side is asked by its command line or as a service, in words it understands."""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.accelerator import PRESETS, Accelerator
from contracts.errors import CancelledError, CapacityError, InputError, ToolError
from mlservice.hardware import PROGRAM, SIMULATION, CommandLine, Hardware, HardwareService, hardware_of
from tests.hwservice.small_network import images_bytes, small_network_bytes
from tests.mlservice.hardware_service import serving_hardware
from tests.servicekit.api.running import TOKEN

EDGE = PRESETS["edge-8x8"]


def command_that(folder: Path, script: str) -> CommandLine:
    """A Python script answers in the hardware side's place."""
    (folder / "hwservice.py").write_text(f"import json, sys\n{script}\n")
    return CommandLine((sys.executable, str(folder / "hwservice.py")))


def test_the_command_is_asked_in_the_words_it_understands(tmp_path: Path) -> None:
    command = command_that(tmp_path, "print(json.dumps(sys.argv[1:]))")
    evaluated: object = command.evaluate(Path("n.onnx"), Path("c.npz"), Path("t.npz"))
    common = ["--calibration", "c.npz", "--inputs", "t.npz"]
    assert evaluated == ["evaluate", "n.onnx", *common, "--labels-key", "label", "--json"]
    simulated: object = command.simulate(Path("n.onnx"), EDGE, Path("c.npz"))
    assert simulated == ["simulate", "n.onnx", "--accelerator", "edge-8x8", "--calibration", "c.npz", "--json"]


def test_the_command_gets_an_accelerator_of_ones_own_as_a_file(tmp_path: Path) -> None:
    command = command_that(tmp_path, "print(json.dumps(json.load(open(sys.argv[4]))))")
    own = EDGE.with_(name="mine", lanes=16)
    assert Accelerator.from_mapping(command.simulate(Path("n.onnx"), own, Path("c.npz"))) == own


@pytest.mark.parametrize(
    ("script", "complaint"), [("sys.exit(3)", "ended with status 3"), ("print('hello')", "printed no JSON: 'hello")]
)
def test_a_failing_command_is_named(tmp_path: Path, script: str, complaint: str) -> None:
    with pytest.raises(ToolError, match=complaint):
        command_that(tmp_path, script).evaluate(Path("n.onnx"), Path("c.npz"), Path("t.npz"))


def test_the_service_is_asked_where_its_address_is_set() -> None:
    address = {"PROPRUNN_MLSERVICE_HARDWARE_URL": "http://127.0.0.1:8101"}
    assert isinstance(hardware_of({}), CommandLine)
    assert isinstance(hardware_of({**address, "PROPRUNN_MLSERVICE_HARDWARE_TOKEN": TOKEN}), HardwareService)
    with pytest.raises(InputError, match="PROPRUNN_MLSERVICE_HARDWARE_TOKEN is not set"):
        hardware_of(address)


Answer = Callable[[httpx.Request], httpx.Response]


def service_that(answer: Answer) -> HardwareService:
    return HardwareService("http://hardware.test", TOKEN, httpx.MockTransport(answer))


def job(state: str, **more: Any) -> httpx.Response:
    done, url = state in ("completed", "failed"), "/v1/jobs/one"
    body = {"state": state, "done": done, "success": state == "completed", "url": url, "events_url": f"{url}/events"}
    return httpx.Response(200, json={**body, "failure": None, **more})


@pytest.mark.parametrize(
    ("failure", "raised"), [("input", InputError), ("capacity", CapacityError), ("bug", ToolError)]
)
def test_a_job_that_failed_is_the_fault_of_whom_the_service_says(
    tmp_path: Path, failure: str, raised: type[Exception]
) -> None:
    (tmp_path / "n.onnx").write_bytes(b"network")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return job("failed", failure={"class": failure, "code": "X", "message": "too large"})
        return httpx.Response(200, json={})

    with pytest.raises(raised, match="evaluate failed: too large"):
        service_that(answer).evaluate(tmp_path / "n.onnx", tmp_path / "n.onnx", tmp_path / "n.onnx")


def test_a_service_that_is_away_or_refuses_the_token_is_named(tmp_path: Path) -> None:
    (tmp_path / "n.onnx").write_bytes(b"network")

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there", request=request)

    for said, answer in {"cannot be reached": away, "refuses the token": lambda _: httpx.Response(401)}.items():
        with pytest.raises(ToolError, match=said):
            service_that(answer).simulate(tmp_path / "n.onnx", EDGE, tmp_path / "n.onnx")


def test_who_is_cancelled_cancels_the_service_s_job(tmp_path: Path) -> None:
    (tmp_path / "n.onnx").write_bytes(b"network")
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path.split('/')[-1]}")
        return job("running") if request.method == "PUT" else httpx.Response(200, json={})

    side = service_that(answer)
    side.cancelled = lambda: True
    with pytest.raises(CancelledError):
        side.evaluate(tmp_path / "n.onnx", tmp_path / "n.onnx", tmp_path / "n.onnx")
    assert asked[-2:] == ["PUT 1", "POST cancel"]
    side.abandon()
    assert asked.count("POST cancel") == 1  # it asks nothing any more


STUBBORN = """
import os, subprocess, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("pids", "w").write(f"{os.getpid()} {child.pid}")
time.sleep(600)
"""


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


@pytest.mark.parametrize("how", ["cancelled", "abandoned"])
def test_who_is_cancelled_ends_the_command_and_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.chdir(tmp_path)
    side, pids = command_that(tmp_path, STUBBORN), tmp_path / "pids"

    def running() -> bool:
        return pids.exists() and len(pids.read_text().split()) == 2

    def abandon() -> None:
        while not running():
            time.sleep(0.05)
        side.abandon()

    if how == "cancelled":
        side.cancelled = running
    else:
        threading.Thread(target=abandon, daemon=True).start()
    with pytest.raises(CancelledError if how == "cancelled" else ToolError):
        side.evaluate(Path("n.onnx"), Path("c.npz"), Path("t.npz"))
    deadline = time.monotonic() + 20
    while not all(gone(int(pid)) for pid in pids.read_text().split()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.rtl
def test_service_and_command_measure_the_same(tmp_path: Path) -> None:
    network, images = tmp_path / "small.onnx", tmp_path / "images.npz"
    network.write_bytes(small_network_bytes())
    images.write_bytes(images_bytes())
    found = {}
    with serving_hardware(tmp_path / "serving") as url:
        sides: dict[str, Hardware] = {"service": HardwareService(url, TOKEN), "command": CommandLine()}
        for name, asked in sides.items():
            (tmp_path / name).mkdir()
            found[name] = asked.simulate(network, EDGE, images, keep=tmp_path / name)
    figures = ("cycles", "latency_ms", "energy_mj", "bit_exact")
    assert [found["service"][name] for name in figures] == [found["command"][name] for name in figures]
    assert found["service"]["bit_exact"]
    for name in found:
        assert (tmp_path / name / PROGRAM).stat().st_size > 0
        assert json.loads((tmp_path / name / SIMULATION).read_text())["cycles"] == found["command"]["cycles"]
