"""Whether the service works: for callers (`/v1/health`), and for what starts and stops it (`/healthz/…`); needs no token."""

import logging
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from contracts.errors import ProPruNNError
from contracts.probes import LIVE, READY, probed
from servicekit.api.schemas import Health
from servicekit.api.service import Part, service_of
from servicekit.code import code_digest

_LOG: Final = logging.getLogger(__name__)
router = APIRouter()


@router.get("/v1/health", tags=["service"], summary="The service works")
async def health(request: Request) -> Health:
    """The service works, and how busy it is. Needs no token."""
    capacity = service_of(request).executor.capacity()
    busy = {"slots": capacity.slots, "running": capacity.running, "waiting": capacity.waiting}
    return Health(status="ok", code=code_digest(), **busy)


@router.get(LIVE, include_in_schema=False)
async def live() -> JSONResponse:
    """The process answers."""
    return _answer({})


@router.get(READY, include_in_schema=False)
def ready(request: Request) -> JSONResponse:
    """Jobs can be carried out; names the parts that fail, and leaves the reasons to the log."""
    return _answer({name: _works(name, part) for name, part in service_of(request).parts().items()})


def _works(name: str, part: Part) -> bool:
    try:
        part()
    except ProPruNNError as error:
        _LOG.warning("not ready: %s: %s", name, error)
        return False
    return True


def _answer(parts: Mapping[str, bool]) -> JSONResponse:
    status, said = probed(parts)
    return JSONResponse(said, status)
