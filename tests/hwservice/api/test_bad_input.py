"""Every bad input gets a clear answer and leaves the service up."""

import http.client
import io
import re
import zipfile
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from tests.hwservice.api.conftest import TOKEN, Running
from tests.hwservice.bad_networks import BAD_NETWORKS
from tests.hwservice.small_network import images_bytes


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def zip_bomb() -> bytes:
    """An npz whose header claims 2 TB."""
    file, header = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 39,)})
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("input.npy", header.getvalue() + bytes(1 << 20))
    return file.getvalue()


BAD_DATA = {
    "one byte": (b"x", "npz"),
    "text": (b"hello" * 100, "npz"),
    "truncated": (images_bytes()[:-100], "npz"),
    "no input": (npz(output=np.zeros(3)), "no key 'input'"),
    "objects": (npz(input=np.array([{"a": 1}], dtype=object)), "objects"),
    "a scalar": (npz(input=np.float32(1)), "nothing in it"),
    "no images": (npz(input=np.zeros((0, 3, 8, 8))), "nothing in it"),
    "two terabytes by its header": (zip_bomb(), "bytes by its shape"),
    "Fortran order": (npz(input=np.asfortranarray(np.zeros((2, 3, 8, 8)))), "Fortran"),
}


@pytest.mark.parametrize("what", BAD_NETWORKS)
def test_a_bad_network_is_refused_in_words(running: Running, what: str) -> None:
    content, pattern = BAD_NETWORKS[what]
    answer = running.client.post("/v1/networks", content=content, params={"name": "bad.onnx"})
    problem = answer.json()
    assert answer.status_code == 422, problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["code"] in ("NetworkError", "CapacityError"), problem
    assert re.search(pattern, problem["detail"]), problem["detail"]
    assert len(problem["detail"]) < 500
    assert "Traceback" not in answer.text
    assert running.works()


@pytest.mark.parametrize("what", BAD_DATA)
def test_bad_data_are_refused_in_words(running: Running, what: str) -> None:
    content, words = BAD_DATA[what]
    answer = running.client.post("/v1/data", content=content)
    assert answer.status_code == 422
    assert answer.json()["code"] == "CalibrationError"
    assert words in answer.json()["detail"]


def test_an_open_dimension_can_be_given_a_value(running: Running) -> None:
    content, _ = BAD_NETWORKS["an open height"]
    answer = running.client.post("/v1/networks", content=content, params={"dims": "height=8"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["facts"]["input_shape"] == [3, 8, 8]


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (2, 3, 8, 9), (2, 192), (3, 8, 8)])
def test_calibration_data_of_the_wrong_shape_fail_as_input(
    running: Running, network: str, shape: tuple[int, ...]
) -> None:
    data = running.upload("data", npz(input=np.ones(shape, np.float32)))
    job = "shape" + "x".join(map(str, shape))
    body = {"kind": "simulate", "options": {"network": network, "calibration": data, "simulator": "null"}}
    running.client.put(f"/v1/jobs/{job}/attempts/1", json=body)
    failure = running.wait(job)["failure"]
    assert (failure["class"], failure["code"]) == ("input", "CalibrationError")
    assert "the network takes (3, 8, 8)" in failure["message"]


@pytest.mark.parametrize(
    ("values", "words"),
    [(np.full((2, 3, 8, 8), np.nan), "NaN or infinite"), (np.full((2, 3, 8, 8), "x"), "real numbers")],
)
def test_calibration_data_that_are_no_numbers_fail_as_input(
    running: Running, network: str, values: Any, words: str
) -> None:
    data = running.upload("data", npz(input=values))
    job = f"values{words[:3]}"
    body = {"kind": "compile", "options": {"network": network, "calibration": data}}
    running.client.put(f"/v1/jobs/{job}/attempts/1", json=body)
    failure = running.wait(job)["failure"]
    assert (failure["class"], failure["code"]) == ("input", "CalibrationError")
    assert words in failure["message"]


def test_more_inputs_than_there_are_fail_as_input(running: Running, network: str, images: str) -> None:
    body = {"kind": "simulate", "options": {"network": network, "inputs": images, "count": 5, "simulator": "null"}}
    running.client.put("/v1/jobs/toomany/attempts/1", json=body)
    assert "4 entries; 5 were asked for" in running.wait("toomany")["failure"]["message"]


def test_an_empty_upload_is_refused(running: Running) -> None:
    for place in ("networks", "data"):
        answer = running.client.post(f"/v1/{place}", content=b"")
        assert answer.status_code == 400
        assert answer.json()["field"] == "body"


def _raw(running: Running, headers: dict[str, str], chunks: list[bytes]) -> tuple[int, str]:
    """A request that goes on sending whatever the service says; status and body of the answer."""
    place = urlsplit(running.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    connection.putrequest("POST", "/v1/networks")
    for name, value in {"Authorization": f"Bearer {TOKEN}", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        for chunk in chunks:
            connection.send(chunk)
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has heard enough
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_two_gigabytes_are_refused_before_they_are_sent(running: Running) -> None:
    status, text = _raw(running, {"Content-Length": str(2 << 30)}, [b"x"])
    assert status == 413
    assert "at most 1048576 are taken" in text
    assert running.works()


def test_an_upload_without_a_length_is_cut_off_at_the_cap(running: Running) -> None:
    piece = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    status, text = _raw(running, {"Transfer-Encoding": "chunked"}, [piece] * 3)
    assert status == 413
    assert "TooLarge" in text
    assert not list(running.service.settings.folder.glob("files/.incoming-*"))
    assert running.works()


def test_nothing_of_a_broken_upload_stays(running: Running) -> None:
    place = urlsplit(running.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    connection.putrequest("POST", "/v1/networks")
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Length", "1000")
    connection.endheaders()
    connection.send(b"x" * 10)
    connection.close()
    for _ in range(100):
        if not list(running.service.settings.folder.glob("files/.incoming-*")):
            break
        assert running.works()
    assert not list(running.service.settings.folder.glob("files/.incoming-*"))


def test_a_body_that_is_no_json_is_a_problem(running: Running) -> None:
    answer = running.client.put("/v1/jobs/x/attempts/1", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
