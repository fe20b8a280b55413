"""Static files as production serves them: under names with their digest, kept by browsers for good."""

import re
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Response, expect

from tests.frontend.browsing import DESK, Guard, sign_in
from tests.frontend.server import Workspace, running_workspace

HASHED = re.compile(r"\.[0-9a-f]{12}\.(js|css|svg)$")


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    keys = {"secret_key": "s" * 50, "token_key": "t" * 50, "hwservice_token": "h" * 50, "mlservice_token": "m" * 50}
    folder = tmp_path_factory.mktemp("production")
    with running_workspace(folder, prepare=_collect, mode="production", hosts="127.0.0.1", **keys) as found:
        yield found


def _collect(environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, env=environment, check=True)


def test_every_file_of_a_page_has_its_digest_in_its_name_and_is_kept_for_good(
    production: Workspace, browser: Browser, guard: Guard
) -> None:
    context = browser.new_context(base_url=production.url, viewport=DESK)
    sign_in(context, production, "ada")
    page = context.new_page()
    guard.watch(page)
    got: list[Response] = []
    page.on("response", lambda answer: got.extend([answer]))
    page.goto(f"/jobs/{production.job('simulated-1-pynq-8x32')}/report")
    page.locator("#plot-cycles").scroll_into_view_if_needed()
    expect(page.locator("#plot-cycles")).to_have_attribute("data-drawn", "yes")
    files = [answer for answer in got if "/static/" in answer.url]
    assert {"plot", "report", "timeline", "workspace"} <= {
        answer.url.rpartition("/")[2].split(".")[0] for answer in files
    }
    for answer in files:
        assert HASHED.search(answer.url), answer.url
        assert "immutable" in answer.headers["cache-control"], answer.url
    context.close()


def test_files_come_compressed(production: Workspace) -> None:
    page = httpx.get(production.url + "/sign-in").text
    sheet = re.search(r'href="(/static/frontend/workspace\.[0-9a-f]{12}\.css)"', page)
    assert sheet is not None
    assert httpx.get(production.url + sheet[1]).headers["content-encoding"] == "gzip"
