"""Accelerators and uploads."""

import json
import re
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from contracts.accelerator import PRESETS, Accelerator
from hwservice.api.schemas import AcceleratorFields, AcceleratorList, AcceleratorView
from hwservice.api.service import resolve, service_of
from servicekit.api.files import (
    BODY,
    LOOK_UP_PROBLEMS,
    UPLOAD_PROBLEMS,
    DigestPath,
    NameQuery,
    created_file,
    file_view,
    known_file,
)
from servicekit.api.problems import ProblemError, documented
from servicekit.api.schemas import FileView
from servicekit.api.uploads import Upload, receive, take

router = APIRouter(prefix="/v1")

_PLAIN: Final = re.compile(r"^[A-Za-z0-9_.-]+=[1-9][0-9]{0,5}(,[A-Za-z0-9_.-]+=[1-9][0-9]{0,5})*$")


def accelerator_view(accelerator: Accelerator) -> AcceleratorView:
    """An accelerator as the wire carries it."""
    values: dict[str, Any] = json.loads(accelerator.to_json())
    return AcceleratorView(**values, cells=accelerator.cells, on_chip_bytes=accelerator.on_chip_bytes)


@router.get("/accelerators", tags=["accelerators"], responses=documented(HTTPStatus.UNAUTHORIZED))
async def list_accelerators() -> AcceleratorList:
    """The accelerators that ship."""
    return AcceleratorList(items=[accelerator_view(preset) for preset in PRESETS.values()])


@router.get("/accelerators/{name}", tags=["accelerators"], responses=documented(*LOOK_UP_PROBLEMS))
async def get_accelerator(name: Annotated[str, Path(max_length=100)]) -> AcceleratorView:
    """One of them."""
    if name not in PRESETS:
        known = ", ".join(PRESETS)
        detail = f"there is no accelerator {name!r}"
        raise ProblemError(HTTPStatus.NOT_FOUND, detail, field="path.name", value=name, fix=f"one of {known}")
    return accelerator_view(PRESETS[name])


@router.post(
    "/accelerators/check",
    tags=["accelerators"],
    responses=documented(HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def check_accelerator(body: AcceleratorFields) -> AcceleratorView:
    """Whether an accelerator of your own is valid, and what follows from its parameters; nothing is stored.

    Jobs take the same fields in place of a name.
    """
    return accelerator_view(resolve(body))


@router.post(
    "/networks",
    tags=["files"],
    status_code=HTTPStatus.CREATED,
    responses=documented(*UPLOAD_PROBLEMS),
    openapi_extra=BODY,
)
async def upload_network(
    request: Request,
    response: Response,
    name: NameQuery = "network",
    dims: Annotated[str, Query(max_length=1000, description="Values of open dimensions: `height=32,width=32`.")] = "",
) -> FileView:
    """Upload a network: one ONNX file as the body, weights included. It is parsed by a limited process, then kept."""
    service = service_of(request)
    if dims and not _PLAIN.match(dims):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"dims is {dims!r}",
            field="query.dims",
            value=dims,
            fix="NAME=NUMBER, separated by commas",
        )
    values = {key: int(value) for key, value in (part.split("=") for part in dims.split(",") if part)}
    async with receive(request, service.store, service.settings.network_bytes) as path:
        stem = name.removesuffix(".onnx") or "network"
        blob = await take(Upload(path, "network", stem, {"dims": values}), service.store, service.gate)
    return created_file(response, "networks", blob)


@router.get("/networks/{digest}", tags=["files"], responses=documented(*LOOK_UP_PROBLEMS))
async def get_network(request: Request, digest: DigestPath) -> FileView:
    """What is known of an uploaded network; nothing, where an earlier version of the service looked at it that read no structures."""
    blob = known_file(request, "network", digest)
    if "structure" not in blob.facts:
        detail = f"network {digest} was looked at by an earlier version; upload it again"
        raise ProblemError(HTTPStatus.NOT_FOUND, detail, field="path.digest", value=digest)
    return file_view("networks", blob)


@router.post(
    "/data",
    tags=["files"],
    status_code=HTTPStatus.CREATED,
    responses=documented(*UPLOAD_PROBLEMS),
    openapi_extra=BODY,
)
async def upload_data(request: Request, response: Response, name: NameQuery = "data") -> FileView:
    """Upload calibration data or inputs: an npz with key `input` as the body."""
    service = service_of(request)
    async with receive(request, service.store, service.settings.data_bytes) as path:
        blob = await take(Upload(path, "data", name), service.store, service.gate)
    return created_file(response, "data", blob)


@router.get("/data/{digest}", tags=["files"], responses=documented(*LOOK_UP_PROBLEMS))
async def get_data(request: Request, digest: DigestPath) -> FileView:
    """What is known of uploaded data."""
    return file_view("data", known_file(request, "data", digest))
