"""The description says what the service does: every answer to any request is one that it documents."""

import random
import re
import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pydantic import BaseModel

from hwservice.api import schemas
from servicekit.api import problems
from servicekit.api import schemas as shared
from tests.hwservice.api.conftest import TOKEN, Running

REQUESTS_PER_OPERATION = 40
SERVICE = "http://service"


@pytest.fixture(scope="session")
def description(running: Running) -> dict[str, Any]:
    answer = running.client.get("/v1/openapi.json")
    assert answer.status_code == 200
    loaded: dict[str, Any] = answer.json()
    return loaded


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    for reference in set(references(description)):
        assert reference.removeprefix("#/components/schemas/") in description["components"]["schemas"]


def test_every_operation_says_what_it_does_and_how_it_refuses(description: dict[str, Any]) -> None:
    for path, method, operation in operations(description):
        assert operation.get("description"), (method, path)
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == [problems.MEDIA_TYPE], (method, path, status)
        if path != "/v1/health":
            assert "401" in operation["responses"], (method, path)


def _text(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits + "-_.%/ äΩ\"'\\", k=chance.randint(1, 30)))


def _value(chance: random.Random, schema: dict[str, Any]) -> Any:
    """Something that may or may not fit."""
    some: list[Any] = [
        _text(chance),
        "",
        "0",
        -1,
        0,
        1,
        10**30,
        1.5,
        True,
        None,
        [],
        {},
        "0" * 64,
        "pynq-8x32",
        "small",
    ]
    for name in ("minimum", "maximum", "default"):
        if schema.get(name) is not None:
            some += [schema[name]] * 4
    return chance.choice(some)


def _json(chance: random.Random, schema: dict[str, Any], description: dict[str, Any], depth: int = 0) -> Any:
    """A value near the schema: mostly right, with something wrong in it."""
    if "$ref" in schema:
        return _json(chance, description["components"]["schemas"][schema["$ref"].split("/")[-1]], description, depth)
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return _json(chance, chance.choice(schema[union]), description, depth)
    if "const" in schema and chance.random() < 0.9:
        return schema["const"]
    if schema.get("type") == "object" and depth < 4 and chance.random() < 0.9:
        parts = schema.get("properties", {})
        chosen = [name for name in parts if name in schema.get("required", []) or chance.random() < 0.3]
        made = {name: _json(chance, parts[name], description, depth + 1) for name in chosen}
        return made | ({_text(chance): 1} if chance.random() < 0.1 else {})
    return _value(chance, schema)


def _request(
    chance: random.Random, path: str, method: str, operation: dict[str, Any], description: dict[str, Any]
) -> httpx.Request:
    query: dict[str, str] = {}
    headers = {"Authorization": f"Bearer {TOKEN}"} if chance.random() < 0.95 else {}
    for parameter in operation.get("parameters", []):
        value = str(_value(chance, parameter["schema"]))
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(value or "-", safe=""))
        elif chance.random() < 0.25 and parameter["in"] == "query":
            query[parameter["name"]] = value if parameter["name"] != "wait_s" else "0"
    content = b""
    body = operation.get("requestBody", {}).get("content", {})
    if "application/json" in body:
        made = _json(chance, body["application/json"]["schema"], description)
        content = httpx.Request("POST", "http://x", json=made).content if chance.random() < 0.9 else b"{"
        headers["Content-Type"] = "application/json"
    elif body:
        content = chance.choice([b"", b"x", b"x" * 100, b"x" * (2 << 20)])
    return httpx.Request(method.upper(), f"{SERVICE}{path}", params=query, headers=headers, content=content)


def _model(schema: dict[str, Any]) -> type[BaseModel] | None:
    name = schema.get("$ref", "").split("/")[-1]
    found: type[BaseModel] | None = next(
        (getattr(place, name) for place in (schemas, shared, problems) if hasattr(place, name)), None
    )
    return found


def test_every_answer_is_documented(running: Running, description: dict[str, Any]) -> None:
    chance = random.Random(7)
    seen: dict[str, set[int]] = {}
    anonymous = httpx.Client(timeout=60)
    for path, method, operation in operations(description):
        for _ in range(REQUESTS_PER_OPERATION):
            made = _request(chance, path, method, operation, description)
            if re.search(r"/v1/[^?]*//|/v1/$|/\.\.?/|/\.\.?$", str(made.url)):
                continue  # another path altogether
            made.url = httpx.URL(running.url + str(made.url).removeprefix(SERVICE))
            made.headers["Host"] = made.url.netloc.decode()
            answer = anonymous.send(made)
            response = operation["responses"].get(str(answer.status_code))
            assert response is not None, (method, str(made.url), made.content[:300], answer.status_code, answer.text)
            content = response.get("content", {})
            media = answer.headers.get("content-type", "").split(";")[0]
            assert media in content, (method, path, answer.status_code, media)
            model = _model(content[media].get("schema", {}))
            if model is not None:
                model.model_validate(answer.json(), by_alias=True, by_name=True)
            seen.setdefault(f"{method} {path}", set()).add(answer.status_code)
    assert {status for statuses in seen.values() for status in statuses} >= {200, 400, 401, 404, 413, 422}
    assert running.works()
