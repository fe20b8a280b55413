"""What whoever starts and stops the service is told."""

from importlib import metadata

import httpx
import pytest

from hwservice import toolchain
from tests.hwservice.api.conftest import Running


def test_a_working_service_is_live_and_ready_for_callers_without_token(running: Running) -> None:
    assert httpx.get(f"{running.url}/healthz/live").json() == {"status": "ok", "parts": {}}
    answer = httpx.get(f"{running.url}/healthz/ready")
    assert answer.status_code == 200, answer.text
    assert set(answer.json()["parts"].values()) == {"ok"}


def test_a_service_without_java_is_not_ready_and_says_so(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise toolchain.ToolchainError("java", "not found", "Install a JDK.")

    monkeypatch.setattr(toolchain, "java", missing)
    answer = httpx.get(f"{running.url}/healthz/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"]["java"] == "fails"
    assert httpx.get(f"{running.url}/healthz/live").status_code == 200


def test_the_version_is_told_where_the_package_is_not_installed(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    installed = running.client.get("/v1/workers").json()["version"]
    monkeypatch.setattr(metadata, "version", missing)
    assert running.client.get("/v1/workers").json()["version"] == installed
