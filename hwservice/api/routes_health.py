"""Whether the service works: for callers (`/v1/health`), and for what starts and stops it (`/healthz/…`); needs no token."""

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from contracts.errors import ProPruNNError, ToolError
from contracts.probes import LIVE, READY, probed
from hwservice import toolchain
from hwservice.api.schemas import Health
from hwservice.api.service import Service, service_of

_LOG: Final = logging.getLogger(__name__)
router = APIRouter()


@router.get("/v1/health", tags=["service"], summary="The service works")
async def health(request: Request) -> Health:
    """The service works, and how busy it is. Needs no token."""
    capacity = service_of(request).executor.capacity()
    return Health(status="ok", slots=capacity.slots, running=capacity.running, waiting=capacity.waiting)


@router.get(LIVE, include_in_schema=False)
async def live() -> JSONResponse:
    """The process answers."""
    return _answer({})


@router.get(READY, include_in_schema=False)
def ready(request: Request) -> JSONResponse:
    """Jobs can be carried out; names the parts that fail, and leaves the reasons to the log."""
    service = service_of(request)
    return _answer({name: _works(name, part, service) for name, part in _PARTS.items()})


def _workers(service: Service) -> None:
    if service.executor.capacity().slots == 0:
        raise ToolError("no worker is there")


def _folder(service: Service) -> None:
    if not os.access(service.settings.folder, os.W_OK):
        raise ToolError(f"{service.settings.folder} cannot be written")


_PARTS: Final[Mapping[str, Callable[[Service], Any]]] = {
    "workers": _workers,
    "folder": _folder,
    "java": lambda _: toolchain.java(),
    "c++": lambda _: toolchain.cxx(),
    "verilator": lambda _: toolchain.verilator_root(),
}


def _works(name: str, part: Callable[[Service], Any], service: Service) -> bool:
    try:
        part(service)
    except ProPruNNError as error:
        _LOG.warning("not ready: %s: %s", name, error)
        return False
    return True


def _answer(parts: Mapping[str, bool]) -> JSONResponse:
    status, said = probed(parts)
    return JSONResponse(said, status)
