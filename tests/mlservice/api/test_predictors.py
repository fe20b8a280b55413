"""The learning service: tables in, predictors fitted by jobs, asked and taken away."""

import io
import json
import zipfile
from typing import Any

import httpx
import numpy as np
import onnxruntime
import pytest
from websockets.sync.client import connect

from contracts.structure.families import FAMILIES
from tests.mlservice.api.conftest import TOKEN, Running

STRUCTURE = FAMILIES["resnet"]((3, 16, 16), (9, 17, 33)).to_mapping()


def test_a_job_fits_a_predictor_that_answers_and_can_be_taken_away(running: Running, fitted: dict[str, Any]) -> None:
    assert fitted["state"] == "completed", fitted
    card = fitted["result"]["predictor"]
    assert (card["name"], card["version"], card["kind"], card["target"]) == ("mine", 1, "hybrid", "latency")
    assert card["scores"]["all"]["mape"] < 10
    assert [p["name"] for p in running.client.get("/v1/predictors").json()["items"]] == ["mine"]
    body = {"queries": [{"structure": STRUCTURE, "accelerator": name} for name in ("pynq-8x32", "edge-8x8")]}
    said = running.client.post("/v1/predictors/mine/predict", json=body).json()
    assert (said["predictor"], said["unit"]) == ("mine@1", "ms")
    fast, slow = said["items"]
    assert 0 < fast["low"] < fast["value"] < fast["high"] < slow["value"]
    archive = running.client.get(fitted["artifacts"]["predictor"]["url"]).content
    with zipfile.ZipFile(io.BytesIO(archive)) as kept:
        assert {"model.cbm", "model.onnx", "model.json", "predictor.json"} <= set(kept.namelist())


def test_throughput_is_asked_of_a_predictor_of_latency(running: Running, fitted: dict[str, Any]) -> None:
    assert fitted["success"]
    body = {"queries": [{"structure": STRUCTURE}], "target": "throughput"}
    said = running.client.post("/v1/predictors/mine@1/predict", json=body).json()
    assert (said["target"], said["unit"]) == ("throughput", "1/s")


def test_events_come_by_websocket_to_the_end(running: Running, fitted: dict[str, Any]) -> None:
    assert fitted["done"]
    url = running.url.replace("http", "ws") + "/v1/jobs/first/events/live"
    with connect(url, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as socket:
        events = [json.loads(text) for text in socket]
    assert [event["data"]["state"] for event in events if event["kind"] == "state"] == [
        "queued",
        "running",
        "completed",
    ]
    phases = {event["data"]["phase"] for event in events if event["kind"] == "progress"}
    assert phases == {"read", "fit", "compare", "curve", "explain"}


def test_a_job_leaves_an_evaluation_with_the_kinds_that_were_asked_for(
    running: Running, fitted: dict[str, Any]
) -> None:
    found = running.client.get(fitted["artifacts"]["evaluation"]["url"]).json()
    assert {line["kind"] for line in found["compared"]} == {"expert", "hybrid"}
    assert {line["split"] for line in found["compared"]} == {"random", "family", "accelerator"}
    assert len(found["points"]["measured"]) == fitted["result"]["predictor"]["scores"]["all"]["rows"]
    assert found["curve"] == []
    assert len(found["explanation"]["shap"]) > 3


def zip_of(running: Running, fitted: dict[str, Any]) -> bytes:
    return running.client.get(fitted["artifacts"]["predictor"]["url"]).content


def test_a_predictor_answers_by_its_zip_as_by_its_name(running: Running, fitted: dict[str, Any]) -> None:
    digest = running.upload("predictor-files", zip_of(running, fitted), name="predictor.zip")
    assert running.client.get(f"/v1/predictor-files/{digest}").json()["facts"]["kind"] == "hybrid"
    body = {"queries": [{"structure": STRUCTURE}]}
    by_zip = running.client.post(f"/v1/predictor-files/{digest}/predict", json=body).json()
    by_name = running.client.post("/v1/predictors/mine@1/predict", json=body).json()
    assert by_zip["items"] == by_name["items"]
    assert by_zip["items"][0]["expert"] > 0


def test_its_onnx_file_gives_the_same_value_from_what_it_hands_out(running: Running, fitted: dict[str, Any]) -> None:
    body = {"queries": [{"structure": STRUCTURE}], "inputs": True}
    said = running.client.post("/v1/predictors/mine@1/predict", json=body).json()["items"][0]
    with zipfile.ZipFile(io.BytesIO(zip_of(running, fitted))) as kept:
        session = onnxruntime.InferenceSession(kept.read("model.onnx"))
    logs = session.run(None, {"features": np.asarray(said["inputs"]["features"], np.float32)})[0].ravel()
    assert float((np.exp(logs) * said["inputs"]["scales"]).sum()) == pytest.approx(said["value"], rel=1e-5)


def test_a_zip_that_is_no_predictor_is_refused_in_words(running: Running) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../model.cbm", b"x")
    answer = running.client.post("/v1/predictor-files", content=made.getvalue())
    assert answer.status_code == 422
    assert "belongs to no predictor" in answer.json()["detail"]


def test_a_table_is_known_for_what_it_is(running: Running, networks: str, layers: str) -> None:
    facts = {d: running.client.get(f"/v1/tables/{d}").json()["facts"] for d in (networks, layers)}
    assert (facts[networks]["table"], facts[networks]["rows"]) == ("networks", 90)
    assert facts[layers]["table"] == "layers"
    options = {"networks": layers, "name": "mine"}
    answer = running.client.put("/v1/jobs/swapped/attempts/1", json={"kind": "fit_predictor", "options": options})
    assert answer.status_code == 422
    assert answer.json()["field"] == "body.options.networks"
    assert "networks.parquet" in answer.json()["fix"]


def test_a_kind_that_needs_layers_fails_by_name_without_them(running: Running, networks: str) -> None:
    options = {"networks": networks, "name": "mine", "kind": "layers"}
    answer = running.client.post("/v1/fit-predictor", json=options)
    assert answer.status_code == 202
    job = running.wait(answer.headers["Location"].rsplit("/", 1)[1])
    assert (job["failure"]["class"], job["failure"]["code"]) == ("input", "InputError")
    assert "layers.parquet" in job["failure"]["message"]


BAD: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "no such predictor": ("POST", "/v1/predictors/yours/predict", {"json": {"queries": [{"structure": STRUCTURE}]}}, 404),
    "no query": ("POST", "/v1/predictors/mine/predict", {"json": {"queries": []}}, 422),
    "no structure": ("POST", "/v1/predictors/mine/predict", {"json": {"queries": [{"structure": {}}]}}, 422),
    "no accelerator": (
        "POST", "/v1/predictors/mine/predict",
        {"json": {"queries": [{"structure": STRUCTURE, "accelerator": "pynq"}]}}, 422,
    ),
    "wrong target": (
        "POST", "/v1/predictors/mine/predict", {"json": {"queries": [{"structure": STRUCTURE}], "target": "energy"}}, 422
    ),
    "no zip": ("POST", "/v1/predictor-files", {"content": b"no zip"}, 422),
    "a zip that was never uploaded": (
        "POST", f"/v1/predictor-files/{'0' * 64}/predict", {"json": {"queries": [{"structure": STRUCTURE}]}}, 404
    ),
    "no parquet": ("POST", "/v1/tables", {"content": b"no parquet"}, 422),
    "empty table": ("POST", "/v1/tables", {"content": b""}, 400),
    "unknown table": (
        "PUT", "/v1/jobs/bad/attempts/1",
        {"json": {"kind": "fit_predictor", "options": {"networks": "0" * 64, "name": "x"}}}, 404,
    ),
    "a kind of the other service": (
        "PUT", "/v1/jobs/bad/attempts/1", {"json": {"kind": "simulate", "options": {"networks": "0" * 64, "name": "x"}}}, 422
    ),
    "a name that is a path": (
        "POST", "/v1/fit-predictor", {"json": {"networks": "0" * 64, "name": "../x"}}, 422
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_told_as_a_problem(running: Running, fitted: dict[str, Any], case: str) -> None:
    assert fitted["success"]
    method, path, how, status = BAD[case]
    answer = running.client.request(method, path, **how)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_table_that_is_missing_is_named_with_the_way_to_bring_it(running: Running) -> None:
    answer = running.client.post("/v1/fit-predictor", json={"networks": "0" * 64, "name": "x"})
    assert answer.json()["field"] == "body.options.networks"
    assert answer.json()["fix"] == "POST the file to /v1/tables first"


def test_nobody_without_the_token_is_told_anything(running: Running) -> None:
    for path in ("/v1/predictors", "/v1/jobs", "/v1/workers"):
        assert httpx.get(running.url + path).status_code == 401
    assert httpx.get(running.url + "/healthz/ready").json()["parts"] == {"workers": "ok", "folder": "ok"}


def test_its_description_is_openapi_3_1_and_names_every_route(running: Running) -> None:
    description = running.client.get("/v1/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    assert description["info"]["title"] == "ProPruNN learning service"
    assert {
        "/v1/tables",
        "/v1/predictors/{name}/predict",
        "/v1/predictor-files/{digest}/predict",
        "/v1/fit-predictor",
        "/v1/jobs/{job_id}/events",
    } <= set(description["paths"])
