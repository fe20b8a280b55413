"""Training jobs of the learning service: digits, trained and pruned, measured by a real hardware service; killed, and gone on with."""

import io
import json
import os
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import httpx
import numpy as np
import onnx
import psutil
import pytest

from contracts.accelerator import PRESETS
from contracts.learning import ReachableOptions
from mlservice.api.app import create_app
from mlservice.api.routes_sessions import reachable_of
from mlservice.api.service import Service
from mlservice.api.settings import Settings
from mlservice.datasets import digits
from mlservice.hardware import TOKEN_VARIABLE, URL_VARIABLE
from mlservice.jobs.worker import WORKER_COMMAND
from servicekit.jobs.local import LocalExecutor
from tests.mlservice.api.conftest import TOKEN, Running
from tests.mlservice.hardware_service import serving_hardware
from tests.servicekit.api.running import served

FEW: dict[str, Any] = {"network": "resnet8", "data": "digits", "training_images": 600, "epochs": 2, "batch_images": 32}
BUDGET_MS = 0.06
EDGE = asdict(PRESETS["edge-8x8"])


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A learning service that asks a hardware service."""
    executor = LocalExecutor(1, WORKER_COMMAND)
    service = Service.create(Settings(TOKEN, tmp_path_factory.mktemp("learning")), executor)
    with pytest.MonkeyPatch.context() as patch, serving_hardware(tmp_path_factory.mktemp("hardware")) as url:
        patch.setenv(URL_VARIABLE, url)
        patch.setenv(TOKEN_VARIABLE, TOKEN)
        reachable_of(service, ReachableOptions())  # as a served one does when it starts
        with served(create_app(service), service) as found:
            yield found
    executor.close()


def npz(**arrays: Any) -> bytes:
    made = io.BytesIO()
    np.savez(made, **arrays)
    return made.getvalue()


def events(running: Running, job: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = running.client.get(f"/v1/jobs/{job}/events?limit=5000").json()["items"]
    return items


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def fetched(running: Running, job: dict[str, Any], name: str) -> bytes:
    content: bytes = running.client.get(job["artifacts"][name]["url"]).content
    return content


@pytest.fixture(scope="module")
def trained(training: Running) -> dict[str, Any]:
    """A job that trained on an uploaded data set."""
    data = digits.read("scikit-learn")
    content = npz(input=data.training.pixels[:700], label=data.training.labels[:700])
    digest = training.upload("data-sets", content, name="mine.npz")
    options = {**FEW, "data": digest, "epochs": 1}
    training.client.put("/v1/jobs/trained/attempts/1", json={"kind": "train", "options": options})
    return training.wait("trained")


@pytest.fixture(scope="module")
def pruned(training: Running) -> dict[str, Any]:
    options = {**FEW, "latency_ms": BUDGET_MS}
    training.client.put("/v1/jobs/pruned/attempts/1", json={"kind": "prune", "options": options})
    return training.wait("pruned")


@pytest.mark.rtl
def test_a_pruned_network_keeps_its_budget_on_the_rtl(training: Running, pruned: dict[str, Any]) -> None:
    assert pruned["state"] == "completed", pruned["failure"]
    said = pruned["result"]
    assert said["measured_latency_ms"] <= 1.02 * BUDGET_MS
    assert said["bit_exact"]
    assert json.loads(fetched(training, pruned, "simulation"))["latency_ms"] == said["measured_latency_ms"]
    assert json.loads(fetched(training, pruned, "report")) == said
    assert onnx.load_from_string(fetched(training, pruned, "network")).graph.node
    assert {"state_dict", "module", "program", "page", "calibration"} <= set(pruned["artifacts"])
    assert str(training.service.settings.folder) not in json.dumps(pruned)


@pytest.mark.rtl
def test_events_and_history_tell_how_the_network_changed_its_shape(training: Running, pruned: dict[str, Any]) -> None:
    told = events(training, "pruned")
    shapes = [event["data"] for event in told if event["kind"] == "shape"]
    assert len(shapes) >= 2
    assert shapes[-1]["unit"] == "ms"
    assert all(shape["step"] == pytest.approx(shape["share"] * 2 * (540 // 32)) for shape in shapes)
    assert set(shapes[-1]["predicted"]) == {"latency_ms", "energy_mj"}
    assert shapes[-1]["cost"] == pytest.approx(shapes[-1]["predicted"]["latency_ms"])
    filters, density, dense = shapes[-1]["kept"]["stem.0"]
    assert 0 < filters <= dense
    assert all(shape["kept"].keys() == shapes[0]["kept"].keys() for shape in shapes)
    assert 0 < density <= 1
    history = json.loads(fetched(training, pruned, "history"))
    assert history["shapes"] == shapes
    for name, kind in (("metrics", "metrics"), ("epochs", "epoch")):
        assert history[name] == [event["data"] for event in told if event["kind"] == kind] != []
    assert history["metrics"][-1]["share"] == 1.0


def test_data_of_ones_own_is_trained_on_under_its_name(trained: dict[str, Any]) -> None:
    assert trained["state"] == "completed", trained["failure"]
    said = trained["result"]
    assert said["data"] == "mine.npz"
    assert sum(said["images"].values()) == 700
    assert {"network", "state_dict", "calibration", "history", "report"} == set(trained["artifacts"])


@pytest.mark.rtl
@pytest.mark.slow
def test_an_attempt_after_a_killed_one_goes_on_from_its_checkpoint(training: Running, pruned: dict[str, Any]) -> None:
    body = {"kind": "prune", "options": {**FEW, "latency_ms": BUDGET_MS}}
    training.client.put("/v1/jobs/killed/attempts/1", json=body)
    until(lambda: bool(list(training.service.settings.runs.glob("killed/session/checkpoints/checkpoint-*.pt"))))
    for process in psutil.Process(os.getpid()).children(recursive=True):
        if "mlservice.jobs.worker" in process.cmdline():
            process.send_signal(signal.SIGKILL)
    assert training.wait("killed")["failure"]["class"] == "infrastructure"
    training.client.put("/v1/jobs/killed/attempts/2", json=body)
    again = training.wait("killed")
    assert again["state"] == "completed", again["failure"]
    second = [
        event["data"]["step"]
        for event in events(training, "killed")
        if event["attempt"] == 2 and event["kind"] == "metrics"
    ]
    assert second[0] > again["result"]["images"]["training"] // FEW["batch_images"]  # steps of an epoch
    assert fetched(training, again, "network") == fetched(training, pruned, "network")
    history = json.loads(fetched(training, again, "history"))
    shares = [point["share"] for point in history["metrics"]]
    assert shares == sorted(set(shares))
    assert [each["epoch"] for each in history["epochs"]] == [0, 1]
    assert not list(training.service.settings.runs.glob("killed"))


@pytest.mark.slow
def test_another_job_goes_on_with_a_session_that_was_cancelled(training: Running) -> None:
    options = {**FEW, "training_images": 400, "epochs": 3}
    training.client.put("/v1/jobs/cancelled/attempts/1", json={"kind": "train", "options": options})
    runs = training.service.settings.runs
    until(lambda: bool(list(runs.glob("cancelled/session/checkpoints/checkpoint-*.pt"))))
    training.client.post("/v1/jobs/cancelled/cancel")
    assert training.wait("cancelled")["state"] == "cancelled"
    body = {"kind": "train", "options": options, "former": ["never-was", "cancelled"]}
    training.client.put("/v1/jobs/second/attempts/1", json=body)
    second = training.wait("second")
    assert second["state"] == "completed", second["failure"]
    steps = [event["data"]["step"] for event in events(training, "second") if event["kind"] == "metrics"]
    assert steps[0] > second["result"]["images"]["training"] // FEW["batch_images"]  # steps of an epoch
    history = json.loads(fetched(training, second, "history"))
    assert [each["epoch"] for each in history["epochs"]] == [0, 1, 2]
    assert not [*runs.glob("cancelled"), *runs.glob("second")]


@pytest.mark.rtl
@pytest.mark.slow
def test_a_cancelled_session_cancels_the_simulation_that_it_started(training: Running) -> None:
    unusual = {**EDGE, "name": "unusual", "rows": 4}  # its simulator is built first
    options = {**FEW, "training_images": 200, "epochs": 1, "accelerator": unusual, "latency_ms": 0.5}
    job = training.client.post("/v1/prune", json=options).json()["id"]
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=os.environ[URL_VARIABLE], headers=headers) as hardware:

        def states() -> list[str]:
            return [each["state"] for each in hardware.get("/v1/jobs", params={"limit": 500}).json()["items"]]

        until(lambda: "running" in states())
        training.client.post(f"/v1/jobs/{job}/cancel")
        assert training.wait(job)["state"] == "cancelled"
        until(lambda: states()[-1] == "cancelled")


@pytest.mark.rtl
def test_a_session_is_compared_with_a_dense_one_of_the_same_images(
    training: Running, trained: dict[str, Any], pruned: dict[str, Any]
) -> None:
    reports = {
        name: training.upload("reports", fetched(training, job, "report"))
        for name, job in {"trained": trained, "pruned": pruned}.items()
    }
    options = {**trained["options"], "latency_ms": BUDGET_MS, "dense": reports["trained"], "method": "uniform-aligned"}
    training.client.put("/v1/jobs/compared/attempts/1", json={"kind": "prune", "options": options})
    job = training.wait("compared")
    assert job["state"] == "completed", job["failure"]
    assert job["result"]["accuracy_dense"] == trained["result"]["accuracy_float"]
    training.client.put(
        "/v1/jobs/not/attempts/1", json={"kind": "prune", "options": {**options, "dense": reports["pruned"]}}
    )
    failure = training.wait("not")["failure"]
    assert failure["class"] == "input"
    assert "dense/report.json is no session to compare with: method is 'priced-gates'" in failure["message"]


@pytest.mark.rtl
@pytest.mark.slow
def test_a_sweep_tells_each_run_and_sums_up(training: Running) -> None:
    few = {**FEW, "training_images": 300, "epochs": 1, "accelerator": {**EDGE, "name": "mine"}}
    options = {**few, "methods": ["uniform-aligned"], "shares": [0.5]}
    job = training.wait(training.client.post("/v1/pareto", json=options).json()["id"], 600)
    assert job["state"] == "completed", job["failure"]
    assert [cell["method"] for cell in job["result"]["cells"]] == ["dense", "uniform-aligned"]
    assert job["result"]["failed"] == {}
    told = [event["data"] for event in events(training, job["id"]) if event["kind"] == "run"]
    assert [(each["method"], each["mark"]) for each in told] == [
        *(("dense", "open"), ("uniform-aligned", "open")),
        *(("dense", "started"), ("dense", "done"), ("uniform-aligned", "started"), ("uniform-aligned", "done")),
    ]
    assert told[-1]["figures"]["measured_latency_ms"] <= 1.02 * 0.5 * told[3]["figures"]["measured_latency_ms"]
    with zipfile.ZipFile(io.BytesIO(fetched(training, job, "networks"))) as kept:
        assert sum(name.endswith("network.onnx") for name in kept.namelist()) == 2
    for point in job["result"]["points"]:
        assert onnx.load_from_string(fetched(training, job, point["file"])).graph.node
    assert str(training.service.settings.folder) not in json.dumps(job)
    assert not list(training.service.settings.runs.glob(job["id"]))


def test_a_loss_that_leaves_the_numbers_ends_the_job_in_words(training: Running) -> None:
    options = {**FEW, "peak_learning_rate": 1e6, "precision": "float32"}
    job = training.wait(training.client.post("/v1/train", json=options).json()["id"])
    assert job["failure"]["class"] == "input"
    assert "try a peak learning rate below" in job["failure"]["message"]
    assert str(training.service.settings.folder) not in job["failure"]["message"]


def test_what_is_reachable_is_said_without_training_and_at_once_when_asked_again(running: Running) -> None:
    body = {"network": "resnet8", "data": "digits", "accelerator": "edge-8x8"}
    rows = running.client.post("/v1/reachable", json=body).json()["items"]
    assert [row["name"] for row in rows] == ["least", "half", "dense"]
    for figure in ("latency_ms", "energy_mj", "params", "macs"):
        assert rows[0][figure] < rows[1][figure] < rows[2][figure]
    began = time.monotonic()
    assert running.client.post("/v1/reachable", json=body).json()["items"] == rows
    assert time.monotonic() - began < 1


def test_forms_get_what_there_is_to_choose_from(running: Running) -> None:
    found = {name: running.client.get(f"/v1/{name}").json() for name in ("networks", "data", "methods")}
    assert "resnet20" in [each["name"] for each in found["networks"]["items"]]
    assert {each["name"]: each["found"] for each in found["data"]["items"]}["digits"]
    assert {each["name"]: each["ignores_budget"] for each in found["methods"]["items"]}["dense"]
    assert "expert" in [each["name"] for each in found["methods"]["costs"]]


BAD: dict[str, tuple[str, dict[str, Any], int, str, str]] = {
    "no network": (
        "prune",
        {"network": "resnet9", "latency_ms": 1},
        422,
        "network",
        "did you mean resnet8 or resnet50 or resnet34",
    ),
    "a program": ("train", {"network": "mine.py:Net"}, 422, "network", "name one that is listed"),
    "no data": ("train", {"data": "cifar"}, 422, "data", "did you mean cifar10"),
    "data never sent": ("train", {"data": "0" * 64}, 404, "data", "POST the file to /v1/data-sets first"),
    "no method": ("prune", {"method": "magic", "latency_ms": 1}, 422, "method", "give one of priced-gates"),
    "no method of a sweep": (
        "pareto",
        {"methods": ["magic"], "shares": [0.5]},
        422,
        "methods",
        "give one of priced-gates",
    ),
    "a share above 1": ("pareto", {"shares": [1.5]}, 422, "shares", "give shares above 0, up to 1"),
    "no epoch": ("train", {"epochs": 0}, 422, "epochs", "give 1 to 1000"),
    "no budget": ("prune", {}, 422, "latency_ms", "give latency_ms, energy_mj, or both"),
    "no report": ("prune", {"latency_ms": 1, "dense": "0" * 64}, 404, "dense", "POST the file to /v1/reports first"),
    "no accelerator": ("prune", {"latency_ms": 1, "accelerator": "pynq"}, 422, "accelerator", "a preset's name"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_told_before_anything_runs(running: Running, case: str) -> None:
    kind, options, status, field, fix = BAD[case]
    answer = running.client.post(f"/v1/{kind}", json=options)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["field"] == f"body.options.{field}"
    assert fix in problem["fix"]


@pytest.mark.parametrize("case", BAD)
def test_the_same_is_told_by_a_check_which_starts_nothing(running: Running, case: str) -> None:
    kind, options, status, field, fix = BAD[case]
    problem = running.client.post("/v1/check", json={"kind": kind, "options": options}).json()
    assert (problem["status"], problem["field"]) == (status, f"body.options.{field}")
    assert fix in problem["fix"]
    assert running.client.post("/v1/check", json={"kind": "train", "options": {"data": "digits"}}).json() == {
        "kind": "train"
    }


def test_a_network_that_is_too_large_for_the_images_is_told_before_anything_runs(running: Running) -> None:
    network = "squeezenet1_1"
    body = {"kind": "train", "options": {"network": network, "data": "digits"}}
    problem = running.client.post("/v1/check", json=body).json()
    assert (problem["field"], problem["value"]) == ("body.options.network", network)
    assert f"{network} and images of 1 x 8 x 8 do not go together" in problem["detail"]


def test_a_step_of_more_images_than_there_are_is_refused_in_words(training: Running) -> None:
    options = {**FEW, "training_images": 20, "batch_images": 64}
    job = training.wait(training.client.post("/v1/train", json=options).json()["id"])
    assert job["failure"]["class"] == "input"
    assert "give batch_images up to that, or more images" in job["failure"]["message"]


def test_damaged_data_and_reports_are_refused_in_words(running: Running) -> None:
    images = np.zeros((4, 8, 8), np.uint8)
    for place, content, words in (
        ("data-sets", npz(input=images, label=np.zeros(4, np.int64)), "mine has training images of one class"),
        ("data-sets", npz(input=images), "has input without label"),
        ("data-sets", b"no archive", "cannot be read as a NumPy archive"),
        ("reports", b"[]", "is no report of a training session"),
    ):
        answer = running.client.post(f"/v1/{place}", params={"name": "mine.npz"}, content=content)
        assert answer.status_code == 422
        assert words in answer.json()["detail"]


def test_sessions_that_nobody_went_on_with_are_removed(training: Running) -> None:
    old = training.service.settings.runs / "left"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    job = training.wait(
        training.client.post("/v1/train", json={**FEW, "training_images": 80, "epochs": 1}).json()["id"]
    )
    assert job["success"], job["failure"]
    assert not old.exists()
