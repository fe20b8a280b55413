"""From an ONNX file to its report, through both services as processes."""

import json

import httpx
import numpy as np
import pytest
from websockets.sync.client import connect

from backend.jobs.documents import rebuild
from tests.backend.e2e.jobs import BINARY, submit
from tests.backend.e2e.stack import Stack
from tests.hwservice.small_network import images_bytes


def without_links(job: dict[str, object]) -> dict[str, object]:
    """What events carry: all but what only looking tells."""
    return {name: value for name, value in job.items() if name not in ("queue", "last_event", "url", "events_url")}


def test_an_uploaded_network_is_simulated_and_its_report_downloaded(
    stack: Stack, project: str, network: str, images: str
) -> None:
    url = submit(stack, project, network=network, calibration=images, inputs=images, count=2)
    job = stack.wait(url)
    assert (job["state"], job["success"]) == ("completed", True), job
    assert job["figures"]["bit_exact"] is True
    assert job["figures"]["energy_mj"] > 0
    assert set(job["artifacts"]) == {"program", "listing", "counters", "report", "outputs"}
    answer = stack.client().get(stack.backend.url + job["artifacts"]["report"]["url"])
    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{job["artifacts"]["report"]["digest"]}"'
    assert [layer["operator"] for layer in answer.json()["layers"]][:2] == ["conv", "conv"]


def test_accuracy_is_asked_of_labelled_images_and_of_no_accelerator(stack: Stack, project: str, network: str) -> None:
    def upload(content: bytes) -> str:
        answer = stack.client().post(f"/projects/{project}/data", params={"name": "x"}, content=content, headers=BINARY)
        return str(answer.json()["id"])

    labelled, unlabelled = upload(images_bytes(20, label=np.arange(20) % 4)), upload(images_bytes(5))
    asked = {"kind": "evaluate", "network": network, "calibration": labelled}
    jobs = f"/projects/{project}/jobs"
    answer = stack.client().post(jobs, json={**asked, "inputs": labelled})
    assert answer.status_code == 202, answer.text
    job = stack.wait(answer.headers["Location"])
    assert job["success"], job
    assert (job["accelerator_name"], job["figures"]["images"]) == ("", 20)
    assert {"accuracy_int8", "accuracy_float", "agreement"} <= set(job["figures"])
    for body, field in (
        ({**asked, "inputs": unlabelled}, "body.inputs"),
        (asked, "body.inputs"),
        ({**asked, "inputs": labelled, "accelerator": "edge-8x8"}, "body.accelerator"),
        ({"kind": "compile", "network": network}, "body.accelerator"),
    ):
        refused = stack.client().post(jobs, json=body)
        assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_events_by_socket_by_stream_and_by_list_are_the_same_and_add_up_to_the_job(
    stack: Stack, project: str, network: str
) -> None:
    url = submit(stack, project, network=network, count=3)
    authorisation = {"Authorization": stack.client().headers["Authorization"]}
    socket_url = f"{stack.backend.url.replace('http', 'ws')}/ws/v1{url.removeprefix('/api/v1')}/events"
    with connect(socket_url, additional_headers=authorisation) as socket:
        heard = [json.loads(text) for text in socket]
    with httpx.stream("GET", stack.backend.url + url + "/events/stream", headers=authorisation) as answer:
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith('data: {"job"')]
    listed = stack.client().get(stack.backend.url + url + "/events").json()
    assert heard == listed["items"] == [json.loads(line) for line in lines]
    assert listed["done"] is True
    assert [event["sequence"] for event in heard] == list(range(1, len(heard) + 1))
    assert rebuild(heard) == without_links(stack.job(url))


def test_a_wrong_network_fails_as_input_and_is_not_tried_again(stack: Stack, project: str, network: str) -> None:
    depths = {"bank_depth": 16, "vector_depth": 16, "list_depth": 16, "record_depth": 16}
    fields = {"name": "tiny", "rows": 1, "lanes": 4, "dram_bytes": 4, **depths}
    job = stack.wait(submit(stack, project, network=network, accelerator=fields))
    assert job["state"] == "failed"
    assert job["failure"]["class"] in ("input", "capacity")
    assert job["attempt"] == 1


@pytest.mark.rtl
@pytest.mark.slow
def test_figures_come_from_the_rtl(stack: Stack, project: str, network: str) -> None:
    job = stack.wait(submit(stack, project, network=network, simulator="rtl", accelerator="pynq-8x32"), 600)
    assert job["success"], job["failure"]
    assert job["result"]["report"]["origins"]["cycles"] == "measured on RTL"
    assert job["figures"]["bit_exact"] is True


def test_a_running_job_is_cancelled_with_all_its_processes(stack: Stack, project: str, network: str) -> None:
    url = submit(stack, project, network=network, count=10_000)
    while stack.job(url)["phase"] != "simulate":
        assert not stack.job(url)["done"]
    answer = stack.client().post(stack.backend.url + url + "/cancel")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelling")
    assert stack.wait(url, 10)["state"] == "cancelled"
