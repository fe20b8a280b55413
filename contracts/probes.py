"""What every program of ours answers to probes, which say only which part works; the reasons are in its log."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

LIVE: Final = "/healthz/live"
"""The process does its work."""
READY: Final = "/healthz/ready"
"""So does what it cannot work without."""


def probed(parts: Mapping[str, bool]) -> tuple[HTTPStatus, dict[str, Any]]:
    """Status and JSON: 200 where all parts work, else 503; either way which part does."""
    well = all(parts.values())
    said = {
        "status": "ok" if well else "failing",
        "parts": {name: "ok" if ok else "fails" for name, ok in parts.items()},
    }
    return HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE, said
