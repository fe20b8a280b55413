"""Pictures of every page: `python -m tests.frontend.screenshots [FOLDER] [WORD...]`.

Words choose pages whose names contain one of them. Every page is pictured in light on a desk; those of `ALSO` in dark and
on a phone, too. 256 colours keep the files small.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, ViewportSize, expect

from tests.backend.e2e.stack import SERVICE_TOKEN, Process, free_port
from tests.frontend.addresses import PAGES, address
from tests.frontend.browsing import DESK, PHONE, chromium, sign_in
from tests.frontend.server import Workspace, running_workspace

ALSO: Final = (
    *("start", "network", "report", "compare", "jobs", "job", "accelerator", "accelerator-new", "campaign"),
    *("session", "pareto", "prune-new", "train-new", "sweep-new", "sweep", "sweep-running"),
    *("queue", "project", "predictor", "settings-webhook", "administration-users", "administration-health"),
)
"""Pages in which dark colours or little room could do harm."""
DOCS: Final = Path(__file__).parents[2] / "docs/screenshots"
_COLOURS: Final = 256
_ASKED_MS: Final = 240_000
"""For what a page asks for when it is there: the first question to the learning service waits until it has imported torch."""
Scheme = Literal["dark", "light"]


def views(name: str) -> Iterator[tuple[str, ViewportSize, Scheme]]:
    """How a page is pictured: kind, size, colours."""
    yield "light", DESK, "light"
    if name in ALSO:
        yield "dark", DESK, "dark"
        yield "phone", PHONE, "light"


def take(browser: Browser, workspace: Workspace, folder: Path, name: str) -> None:
    """All pictures of one page."""
    who, path = PAGES[name]
    for kind, size, scheme in views(name):
        context = browser.new_context(base_url=workspace.url, viewport=size, color_scheme=scheme)
        if who is not None:
            sign_in(context, workspace, who)
        page = context.new_page()
        page.goto(address(workspace, path), timeout=_ASKED_MS)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")  # draws plots that are not in view yet
        expect(page.locator(".htmx-request")).to_have_count(0, timeout=_ASKED_MS)
        page.wait_for_timeout(700)
        save(page.screenshot(full_page=True), folder / f"{name}-{kind}.png")
        context.close()


def save(picture: bytes, path: Path) -> None:
    """In its most frequent colours; each other one becomes the nearest of them."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    pixels = np.asarray(image, np.int32).reshape(-1, 3)
    codes, places, counts = np.unique(
        pixels @ np.array([1 << 16, 1 << 8, 1], np.int32), return_inverse=True, return_counts=True
    )
    found = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    kept = found[np.argsort(-counts)[:_COLOURS]]
    nearest = np.array([np.abs(kept - colour).sum(axis=1).argmin() for colour in found], np.uint8)
    few = Image.frombytes("P", image.size, nearest[places].tobytes())
    few.putpalette(kept.flatten().tolist())
    few.save(path, optimize=True)


def service(name: str, folder: Path) -> Process:
    """One of the services, such as `hwservice`."""
    port = free_port()
    command = [sys.executable, "-m", name, "serve", "--port", str(port), "--executor", "local"]
    environment = {**os.environ, f"PROPRUNN_{name.upper()}_TOKEN": SERVICE_TOKEN}
    return Process(command, environment, port, "/v1/health", folder / f"{name}.log")


@contextmanager
def served() -> Iterator[Workspace]:
    """A seeded workspace beside both services; nothing is dispatched, so that what waits goes on waiting."""
    with tempfile.TemporaryDirectory(prefix="workspace-") as place:
        folder = Path(place)
        services = {name: service(name, folder) for name in ("hwservice", "mlservice")}
        try:
            for one in services.values():
                one.start()
            hardware, learning = services["hwservice"].url, services["mlservice"].url
            tokens = {"hwservice_token": SERVICE_TOKEN, "mlservice_token": SERVICE_TOKEN}
            with running_workspace(folder, None, hwservice_url=hardware, mlservice_url=learning, **tokens) as found:
                yield found
        finally:
            for one in services.values():
                one.stop()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    folder.mkdir(parents=True, exist_ok=True)
    words = sys.argv[2:]
    with served() as workspace, chromium() as browser:
        for name in PAGES:
            if not words or any(word in name for word in words):
                take(browser, workspace, folder, name)


if __name__ == "__main__":
    main()
