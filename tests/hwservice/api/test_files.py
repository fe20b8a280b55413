import hashlib

from hwservice.api.app import create_app
from tests.hwservice.api.conftest import Running
from tests.hwservice.small_network import images_bytes, small_network_bytes


def test_without_the_token_nothing_is_told(running: Running) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic abc"}):
        answer = running.client.get("/v1/accelerators", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["field"] == "header.Authorization"


def test_every_operation_but_health_asks_for_the_token(running: Running) -> None:
    paths = create_app(running.service).openapi()["paths"]
    open_paths = [path for path, operations in paths.items() for op in operations.values() if not op.get("security")]
    assert open_paths == ["/v1/health"]


def test_accelerators_are_listed_and_found_by_name(running: Running) -> None:
    items = running.client.get("/v1/accelerators").json()["items"]
    assert "pynq-8x32" in [item["name"] for item in items]
    one = running.client.get("/v1/accelerators/edge-8x8").json()
    assert (one["rows"], one["lanes"], one["cells"]) == (8, 8, 64)
    assert len(one["digest"]) == 16


def test_an_unknown_accelerator_is_a_problem_with_the_known_names(running: Running) -> None:
    answer = running.client.get("/v1/accelerators/nope")
    assert answer.status_code == 404
    assert answer.json()["field"] == "path.name"
    assert "pynq-8x32" in answer.json()["fix"]


def test_an_own_accelerator_is_checked(running: Running) -> None:
    good = running.client.post("/v1/accelerators/check", json={"name": "mine", "rows": 4, "lanes": 16})
    assert good.status_code == 200
    assert good.json()["cells"] == 64
    bad = running.client.post("/v1/accelerators/check", json={"rows": 3})
    assert bad.status_code == 422
    assert "rows is 3; it must be a power of two" in bad.json()["detail"]
    assert bad.json()["code"] == "AcceleratorError"


def test_a_network_is_taken_with_what_is_in_it(running: Running) -> None:
    content = small_network_bytes(3)
    answer = running.client.post("/v1/networks", content=content, params={"name": "third.onnx"})
    assert answer.status_code == 201
    view = answer.json()
    assert view["digest"] == hashlib.sha256(content).hexdigest()
    assert view["name"] == "third"
    assert view["facts"]["input_shape"] == [3, 8, 8]
    assert view["facts"]["outputs"] == [{"name": "output", "shape": [4]}]
    assert running.client.get(answer.headers["location"]).json() == view


def test_data_are_taken_with_their_shapes(running: Running) -> None:
    answer = running.client.post("/v1/data", content=images_bytes(5))
    assert answer.status_code == 201
    assert answer.json()["facts"]["arrays"]["input"] == {"shape": [5, 3, 8, 8], "dtype": "float32"}
    assert running.client.get(answer.headers["location"]).json() == answer.json()


def test_uploading_twice_keeps_one_file(running: Running) -> None:
    assert running.upload("networks", small_network_bytes(4)) == running.upload("networks", small_network_bytes(4))


def test_what_was_uploaded_as_data_is_no_network(running: Running, images: str) -> None:
    assert running.client.get(f"/v1/networks/{images}").status_code == 404
    assert running.client.get(f"/v1/artifacts/{images}").status_code == 404
