"""Pictures of every page, light, dark and on a phone: `python -m tests.frontend.screenshots [FOLDER] [WORD...]`.

Words choose pages whose names contain one of them.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser

from tests.frontend.browsing import DESK, PHONE, chromium, sign_in
from tests.frontend.server import Workspace, running_workspace

PAGES: Final = {
    "sign-in": (None, "/sign-in"),
    "start": ("ada", "/"),
    "start-new": ("nora", "/"),
    "projects": ("ada", "/projects"),
    "networks": ("ada", "/projects/{project}/networks"),
    "network": ("ada", "/networks/{network}"),
    "network-upload": ("ada", "/projects/{project}/networks/new"),
    "network-diff": ("ada", "/networks/diff?a={first}&b={second}"),
    "project": ("ada", "/projects/{project}"),
    "project-runs": ("ada", "/projects/{project}/runs"),
    "project-files": ("ada", "/projects/{project}/files"),
    "project-members": ("ada", "/projects/{project}/members"),
    "project-activity": ("ada", "/projects/{project}/activity"),
    "project-settings": ("ada", "/projects/{project}/settings"),
    "settings-profile": ("ada", "/settings/profile"),
    "settings-tokens": ("ada", "/settings/tokens"),
    "settings-webhooks": ("ada", "/settings/webhooks"),
    "settings-webhook": ("ada", "/settings/webhooks/{webhook}"),
    "settings-delivery": ("ada", "/settings/webhooks/{webhook}/deliveries/{delivery}"),
    "administration-users": ("oscar", "/administration/users"),
    "administration-user": ("oscar", "/administration/users/{ada}"),
    "administration-workers": ("oscar", "/administration/workers"),
    "administration-health": ("oscar", "/administration/health"),
    "administration-settings": ("oscar", "/administration/settings"),
    "administration-activity": ("oscar", "/administration/activity"),
    "sign-up": (None, "/sign-up"),
    "jobs": ("ada", "/jobs"),
    "job": ("ada", "/jobs/{simulated-1-edge-8x8}"),
    "job-running": ("ada", "/jobs/{running}"),
    "job-queued": ("ada", "/jobs/{queued-1}"),
    "job-failed": ("ada", "/jobs/{failed}"),
    "job-new": ("ada", "/projects/{project}/jobs/new"),
    "queue": ("ada", "/queue"),
    "report": ("ada", "/jobs/{simulated-1-pynq-8x32}/report"),
    "compare-choose": ("ada", "/projects/{project}/compare"),
    "compare": ("ada", "/projects/{project}/compare?run={run}"),
    "accelerators": ("ada", "/projects/{project}/accelerators"),
    "accelerator": ("ada", "/projects/{project}/accelerators/edge-8x8"),
    "accelerator-new": ("ada", "/projects/{project}/accelerators/new"),
    "not-found": ("ada", "/nothing"),
}
"""Name, who looks, and where; names in braces are those of `seed`."""


def address(workspace: Workspace, path: str) -> str:
    """With the names of what is there."""
    return path.format_map({**workspace.seeded, **workspace.seeded["jobs"], **workspace.seeded["users"]})


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
