import io
import json
import os
import signal
import zipfile
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from servicekit.jobs.local import LocalExecutor
from servicekit.jobs.process_tree import processes_of
from tests.hwservice.api.conftest import TOKEN, Running
from tests.hwservice.small_network import images_bytes


def null(network: str, **options: Any) -> dict[str, Any]:
    """A simulation without RTL."""
    return {"kind": "simulate", "options": {"network": network, "simulator": "null", **options}}


@pytest.fixture(scope="session")
def finished(running: Running, network: str, images: str) -> dict[str, Any]:
    """A job that went well."""
    body = null(network, calibration=images, inputs=images, count=2)
    assert running.client.put("/v1/jobs/finished/attempts/1", json=body).status_code == 201
    return running.wait("finished")


def test_a_simulation_reports_its_figures_with_their_origins(finished: dict[str, Any]) -> None:
    assert (finished["state"], finished["success"], finished["failed"]) == ("completed", True, False)
    report = finished["result"]["report"]
    assert report["bit_exact"] is True
    assert report["network"] == "small"
    assert report["inputs"] == 2
    assert report["energy_mj"] > 0
    assert report["origins"]["energy_mj"].startswith("modelled")
    assert [layer["operator"] for layer in report["layers"]][:2] == ["conv", "conv"]


def test_its_files_can_be_taken_away(running: Running, finished: dict[str, Any]) -> None:
    artifacts = finished["artifacts"]
    assert set(artifacts) == {"program", "listing", "counters", "report", "outputs"}
    outputs = np.load(io.BytesIO(running.client.get(artifacts["outputs"]["url"]).content))
    assert outputs["output"].shape == (2, 4)
    program = zipfile.ZipFile(io.BytesIO(running.client.get(artifacts["program"]["url"]).content))
    assert json.loads(program.read("program.json"))["network"] == "small"
    assert "COMPUTE" in running.client.get(artifacts["listing"]["url"]).text
    assert running.client.get(artifacts["report"]["url"]).json()["bit_exact"] is True


def test_an_artifact_never_changes_and_can_be_read_in_parts(running: Running, finished: dict[str, Any]) -> None:
    place = finished["artifacts"]["listing"]
    whole = running.client.get(place["url"])
    assert whole.headers["etag"] == f'"{place["digest"]}"'
    assert whole.headers["content-type"].startswith("text/plain")
    assert running.client.get(place["url"], headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    part = running.client.get(place["url"], headers={"Range": "bytes=2-9"})
    assert (part.status_code, part.content) == (206, whole.content[2:10])
    beyond = running.client.get(place["url"], headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-type"] == "application/problem+json"


def test_an_evaluation_tells_both_accuracies_with_their_origins(running: Running, network: str) -> None:
    labelled = running.upload("data", images_bytes(40, label=np.arange(40) % 4))
    options = {"network": network, "calibration": labelled, "inputs": labelled, "count": 32}
    assert running.client.put("/v1/jobs/accuracy/attempts/1", json={"kind": "evaluate", "options": options}).is_success
    found = running.wait("accuracy")["result"]["accuracy"]
    assert found["images"] == 32
    assert 0 <= found["accuracy_int8"] <= 1
    assert found["agreement"] > 0.8
    assert set(found["origins"]) == {"accuracy_int8", "accuracy_float", "agreement"}


def test_images_without_classes_are_evaluated_by_nobody(running: Running, network: str, images: str) -> None:
    body = {"kind": "evaluate", "options": {"network": network, "inputs": images}}
    assert running.client.put("/v1/jobs/unlabelled/attempts/1", json=body).status_code == 201
    failure = running.wait("unlabelled")["failure"]
    assert (failure["class"], "has no key 'label'" in failure["message"]) == ("input", True)


def test_events_replay_from_a_cursor_and_end(running: Running, finished: dict[str, Any]) -> None:
    first = running.client.get(finished["events_url"], params={"limit": 2}).json()
    rest = running.client.get(finished["events_url"], params={"after": first["next"]}).json()
    events = first["items"] + rest["items"]
    assert [event["sequence"] for event in events] == list(range(1, finished["last_event"] + 1))
    assert rest["done"] is True
    states = [event["data"]["state"] for event in events if event["kind"] == "state"]
    assert states == ["queued", "running", "completed"]
    phases = [event["data"]["phase"] for event in events if event["kind"] == "progress"]
    assert phases[0] == "read"
    assert phases[-1] == "report"


def test_events_come_by_websocket_as_by_polling(running: Running, finished: dict[str, Any]) -> None:
    url = running.url.replace("http", "ws") + finished["events_url"] + "/live"
    with connect(url + "?after=1", additional_headers={"Authorization": f"Bearer {TOKEN}"}) as socket:
        heard = [json.loads(message) for message in socket]
    polled = running.client.get(finished["events_url"], params={"after": 1}).json()["items"]
    assert heard == polled


@pytest.mark.parametrize(("job", "token", "code"), [("finished", "wrong", 4401), ("nobody", TOKEN, 4404)])
def test_a_websocket_is_refused_with_a_code(
    running: Running, finished: dict[str, Any], job: str, token: str, code: int
) -> None:
    url = f"{running.url.replace('http', 'ws')}/v1/jobs/{job}/events/live"
    headers = {"Authorization": f"Bearer {token}"}
    with connect(url, additional_headers=headers) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code
    assert finished["done"]


def test_live_events_reach_a_listener_while_the_job_runs(running: Running, network: str) -> None:
    body = null(network, count=400)
    running.client.put("/v1/jobs/live/attempts/1", json=body)
    url = running.url.replace("http", "ws") + "/v1/jobs/live/events/live"
    with connect(url, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as socket:
        for message in socket:
            if json.loads(message)["data"].get("phase") == "simulate":
                break
        assert running.client.get("/v1/jobs/live").json()["state"] == "running"
    running.client.post("/v1/jobs/live/cancel")
    assert running.wait("live")["state"] == "cancelled"


def test_asking_again_for_an_attempt_changes_nothing(running: Running, network: str, finished: dict[str, Any]) -> None:
    body = null(network, calibration=finished["options"]["calibration"], inputs=finished["options"]["inputs"], count=2)
    again = running.client.put("/v1/jobs/finished/attempts/1", json=body)
    assert again.status_code == 200
    assert again.json() == finished


def test_an_attempt_with_other_content_or_of_the_past_is_a_conflict(running: Running, network: str) -> None:
    running.client.put("/v1/jobs/fenced/attempts/3", json=null(network))
    other = running.client.put("/v1/jobs/fenced/attempts/3", json=null(network, count=2))
    older = running.client.put("/v1/jobs/fenced/attempts/2", json=null(network))
    assert [other.status_code, older.status_code] == [409, 409]
    assert "since overtaken" in older.json()["detail"]
    running.wait("fenced")


def test_one_idempotency_key_starts_one_job(running: Running, network: str) -> None:
    answers = [
        running.client.post("/v1/compile", json={"network": network}, headers={"Idempotency-Key": "k1"}) for _ in "12"
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[0].headers["location"] == answers[0].json()["url"]
    other = running.client.post("/v1/compile", json={"network": network}).json()
    assert other["id"] != answers[0].json()["id"]
    job = running.wait(other["id"])
    assert job["result"]["layers"] >= 3
    assert set(job["artifacts"]) == {"program", "listing"}


def test_the_calibration_method_is_an_option_of_jobs(running: Running, network: str, images: str) -> None:
    options = {"network": network, "calibration": images, "calibration_method": "percentile", "percentile": 99}
    job = running.wait(running.client.post("/v1/compile", json=options).json()["id"])
    assert job["result"]["quantisation"]["method"] == "percentile 99"
    for wrong in ({"calibration_method": "guess"}, {"percentile": 3}):
        assert running.client.post("/v1/compile", json={"network": network, **wrong}).status_code == 422


def test_one_key_for_two_different_requests_is_a_conflict(running: Running, network: str) -> None:
    headers = {"Idempotency-Key": "k2"}
    running.client.post("/v1/compile", json={"network": network}, headers=headers)
    other = running.client.post("/v1/compile", json={"network": network, "scales": "power-of-two"}, headers=headers)
    assert other.status_code == 409


def test_a_killed_simulation_is_a_clear_failure_and_the_service_stays_up(running: Running, network: str) -> None:
    running.client.put("/v1/jobs/killed/attempts/1", json=null(network, count=2000))
    while running.client.get("/v1/jobs/killed").json()["phase"] != "simulate":
        pass
    executor = running.service.executor
    assert isinstance(executor, LocalExecutor)
    for pid in processes_of(executor.mark_of("killed.1") or "none"):
        os.kill(pid, signal.SIGKILL)
    job = running.wait("killed")
    assert job["state"] == "failed"
    assert job["failure"] == {
        "class": "infrastructure",
        "code": "Killed",
        "message": "the process was killed from outside (signal 9)",
    }
    assert running.works()


def test_a_network_that_the_compiler_refuses_fails_as_input(running: Running, network: str, images: str) -> None:
    tiny = {"name": "tiny", "rows": 1, "lanes": 4, "bank_depth": 16, "vector_depth": 16, "list_depth": 16}
    tiny |= {"record_depth": 16, "dram_bytes": 4}
    running.client.put("/v1/jobs/tiny/attempts/1", json=null(network, accelerator=tiny, calibration=images))
    job = running.wait("tiny")
    assert job["state"] == "failed"
    assert job["failure"]["class"] in ("capacity", "input")
    assert running.works()


def test_jobs_are_listed_page_by_page(running: Running, finished: dict[str, Any]) -> None:
    page = running.client.get("/v1/jobs", params={"limit": 1}).json()
    assert len(page["items"]) == 1
    rest = running.client.get("/v1/jobs", params={"after": page["next"], "limit": 500}).json()
    ids = [job["id"] for job in page["items"] + rest["items"]]
    assert finished["id"] in ids
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"kind": "train", "options": {}}, 422, "'train'"),
        ({"kind": "simulate", "options": {"network": "x"}}, 422, "network"),
        ({"kind": "simulate", "options": {"network": "0" * 64, "count": 1}}, 404, "was uploaded"),
        ({"kind": "compile", "options": {"network": "0" * 64, "count": 1}}, 422, "body.compile.options.count"),
        ({"kind": "elaborate", "options": {"accelerator": "nope"}}, 422, "'nope' is unknown"),
        ({"kind": "elaborate", "options": {"accelerator": {"rows": 0}}}, 422, "rows is 0"),
        ({"kind": "elaborate", "options": {"accelerator": {"rowz": 8}}}, 422, "'rowz' is unknown"),
        ({"kind": "elaborate", "options": {"accelerator": {"rows": "8"}}}, 422, "rows"),
    ],
)
def test_a_job_that_cannot_be_is_refused_before_it_starts(
    running: Running, body: dict[str, Any], status: int, words: str
) -> None:
    answer = running.client.put("/v1/jobs/never/attempts/1", json=body)
    assert answer.status_code == status
    assert words in answer.text
    assert running.client.get("/v1/jobs/never").status_code == 404


def test_an_energy_table_is_chosen_by_name_only(running: Running, network: str) -> None:
    answer = running.client.put("/v1/jobs/table/attempts/1", json=null(network, energy_table="../etc/passwd"))
    assert answer.status_code == 422
    answer = running.client.put("/v1/jobs/table/attempts/1", json=null(network, energy_table="asic7"))
    assert answer.status_code == 422
    assert "one of asic45" in answer.json()["fix"]


def test_it_says_who_runs_jobs(running: Running) -> None:
    found = running.client.get("/v1/workers").json()
    assert found["executor"] == "local"
    assert [(worker["name"], worker["slots"]) for worker in found["workers"]] == [("local", 2)]
