"""Accelerators, uploads and artifacts."""

import json
import re
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse

from contracts.accelerator import PRESETS, Accelerator
from hwservice.api.problems import ProblemError, documented
from hwservice.api.schemas import AcceleratorFields, AcceleratorList, AcceleratorView, FileView
from hwservice.api.service import resolve, service_of
from hwservice.api.uploads import Upload, receive, take
from hwservice.jobs.store import Blob

router = APIRouter(prefix="/v1")

DigestPath = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the content.")]
NameQuery = Annotated[str, Query(pattern=r"^[A-Za-z0-9_.-]{1,100}$", description="A name for reports.")]
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_UPLOAD_PROBLEMS: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_LOOK_UP_PROBLEMS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_RANGE: Final = re.compile(r"(?=[0-9]|-[0-9])([0-9]{0,18})-([0-9]{0,18})")
_PLAIN: Final = re.compile(r"^[A-Za-z0-9_.-]+=[1-9][0-9]{0,5}(,[A-Za-z0-9_.-]+=[1-9][0-9]{0,5})*$")


def accelerator_view(accelerator: Accelerator) -> AcceleratorView:
    """An accelerator as the wire carries it."""
    values: dict[str, Any] = json.loads(accelerator.to_json())
    return AcceleratorView(**values, cells=accelerator.cells, on_chip_bytes=accelerator.on_chip_bytes)


@router.get("/accelerators", tags=["accelerators"], responses=documented(HTTPStatus.UNAUTHORIZED))
async def list_accelerators() -> AcceleratorList:
    """The accelerators that ship."""
    return AcceleratorList(items=[accelerator_view(preset) for preset in PRESETS.values()])


@router.get("/accelerators/{name}", tags=["accelerators"], responses=documented(*_LOOK_UP_PROBLEMS))
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
    responses=documented(*_UPLOAD_PROBLEMS),
    openapi_extra=_BODY,
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
        blob = await take(Upload(path, "network", stem, {"dims": values}), service.store, service.settings.gate)
    return _created(response, "networks", blob)


@router.get("/networks/{digest}", tags=["files"], responses=documented(*_LOOK_UP_PROBLEMS))
async def get_network(request: Request, digest: DigestPath) -> FileView:
    """What is known of an uploaded network."""
    return _file_view("networks", _known(request, "network", digest))


@router.post(
    "/data",
    tags=["files"],
    status_code=HTTPStatus.CREATED,
    responses=documented(*_UPLOAD_PROBLEMS),
    openapi_extra=_BODY,
)
async def upload_data(request: Request, response: Response, name: NameQuery = "data") -> FileView:
    """Upload calibration data or inputs: an npz with key `input` as the body."""
    service = service_of(request)
    async with receive(request, service.store, service.settings.data_bytes) as path:
        blob = await take(Upload(path, "data", name), service.store, service.settings.gate)
    return _created(response, "data", blob)


@router.get("/data/{digest}", tags=["files"], responses=documented(*_LOOK_UP_PROBLEMS))
async def get_data(request: Request, digest: DigestPath) -> FileView:
    """What is known of uploaded data."""
    return _file_view("data", _known(request, "data", digest))


@router.get(
    "/artifacts/{digest}",
    tags=["files"],
    response_class=FileResponse,
    responses={
        200: {"description": "The content", "content": {"application/octet-stream": {}}},
        206: {"description": "The part that `Range` asked for", "content": {"application/octet-stream": {}}},
        304: {"description": "`If-None-Match` names what you have"},
        **documented(*_LOOK_UP_PROBLEMS, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, HTTPStatus.BAD_REQUEST),
    },
)
async def get_artifact(request: Request, digest: DigestPath) -> Response:
    """A file that a job made. Its digest is its ETag: it never changes."""
    service = service_of(request)
    blob = _known(request, "artifact", digest)
    tag = f'"{blob.digest}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=31536000, immutable"}
    given = [part.strip() for part in request.headers.get("if-none-match", "").split(",")]
    if tag in given or "*" in given:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    _check_range(request.headers.get("range"), blob.size_bytes)
    return FileResponse(service.store.path(digest), headers=headers, media_type=blob.media_type, filename=blob.name)


def _check_range(header: str | None, size: int) -> None:
    """Refuse what the file response would refuse without a problem.

    Raises:
        ProblemError: 400 for what is no range of bytes, 416 for one beyond the end.
    """
    if header is None:
        return
    parts = [_RANGE.fullmatch(part.strip()) for part in header.removeprefix("bytes=").split(",")]
    if not header.startswith("bytes=") or not all(parts):
        fix = "bytes=FIRST-LAST, bytes=FIRST- or bytes=-COUNT"
        raise ProblemError(HTTPStatus.BAD_REQUEST, "no range of bytes", field="header.Range", value=header, fix=fix)
    for first, last in (part.groups() for part in parts if part):
        if int(first or 0) >= size or (first and last and int(last) < int(first)) or (not first and int(last) == 0):
            raise ProblemError(
                HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                f"the file has {size} bytes",
                field="header.Range",
                value=header,
                headers={"Content-Range": f"bytes */{size}"},
            )


def _known(request: Request, kind: str, digest: str) -> Blob:
    blob = service_of(request).store.find(kind, digest)
    if blob is None:
        detail = f"there is no {kind} with digest {digest}"
        raise ProblemError(HTTPStatus.NOT_FOUND, detail, field="path.digest", value=digest)
    return blob


def _created(response: Response, place: str, blob: Blob) -> FileView:
    response.headers["Location"] = f"/v1/{place}/{blob.digest}"
    return _file_view(place, blob)


def _file_view(place: str, blob: Blob) -> FileView:
    return FileView(
        digest=blob.digest,
        size_bytes=blob.size_bytes,
        name=blob.name,
        facts=dict(blob.facts),
        url=f"/v1/{place}/{blob.digest}",
    )
