"""Pictures of every page, light, dark and on a phone: `python -m tests.frontend.screenshots [FOLDER] [WORD...]`.

Words choose pages whose names contain one of them.
"""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from tests.frontend.addresses import PAGES, address
from tests.frontend.browsing import DESK, PHONE, chromium, sign_in
from tests.frontend.server import Workspace, running_workspace


def take(browser: Browser, workspace: Workspace, folder: Path, name: str) -> None:
    """Three pictures of one page."""
    who, path = PAGES[name]
    for kind, size in (("light", DESK), ("dark", DESK), ("phone", PHONE)):
        scheme: Literal["dark", "light"] = "dark" if kind == "dark" else "light"
        context = browser.new_context(base_url=workspace.url, viewport=size, color_scheme=scheme)
        if who is not None:
            sign_in(context, workspace, who)
        page = context.new_page()
        page.goto(address(workspace, path))
        page.evaluate("dispatchEvent(new Event('beforeprint'))")  # draws plots that are not in view yet
        page.wait_for_timeout(700)
        page.screenshot(path=folder / f"{name}-{kind}.png", full_page=True)
        context.close()


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    words = sys.argv[2:]
    with tempfile.TemporaryDirectory() as place, running_workspace(Path(place)) as workspace, chromium() as browser:
        for name in PAGES:
            if not words or any(word in name for word in words):
                take(browser, workspace, folder, name)


if __name__ == "__main__":
    main()
