"""Files of any service: how uploads answer, and the artifacts that jobs made."""

import re
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse

from servicekit.api.problems import ProblemError, documented
from servicekit.api.schemas import FileView
from servicekit.api.service import service_of
from servicekit.jobs.store import Blob

router = APIRouter(prefix="/v1")

DigestPath = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the content.")]
NameQuery = Annotated[str, Query(pattern=r"^[A-Za-z0-9_.-]{1,100}$", description="A name for reports.")]
BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
UPLOAD_PROBLEMS: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
LOOK_UP_PROBLEMS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_RANGE: Final = re.compile(r"(?=[0-9]|-[0-9])([0-9]{0,18})-([0-9]{0,18})")


@router.get(
    "/artifacts/{digest}",
    tags=["files"],
    response_class=FileResponse,
    responses={
        200: {"description": "The content", "content": {"application/octet-stream": {}}},
        206: {"description": "The part that `Range` asked for", "content": {"application/octet-stream": {}}},
        304: {"description": "`If-None-Match` names what you have"},
        **documented(*LOOK_UP_PROBLEMS, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, HTTPStatus.BAD_REQUEST),
    },
)
async def get_artifact(request: Request, digest: DigestPath) -> Response:
    """A file that a job made. Its digest is its ETag: it never changes."""
    service = service_of(request)
    blob = known_file(request, "artifact", digest)
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


def known_file(request: Request, kind: str, digest: str) -> Blob:
    """A file that the service keeps.

    Raises:
        ProblemError: 404.
    """
    blob = service_of(request).store.find(kind, digest)
    if blob is None:
        detail = f"there is no {kind} with digest {digest}"
        raise ProblemError(HTTPStatus.NOT_FOUND, detail, field="path.digest", value=digest)
    return blob


def created_file(response: Response, place: str, blob: Blob) -> FileView:
    """Answer an upload: what is known of it, and where it can be found."""
    response.headers["Location"] = f"/v1/{place}/{blob.digest}"
    return file_view(place, blob)


def file_view(place: str, blob: Blob) -> FileView:
    """A file as the wire carries it."""
    return FileView(
        digest=blob.digest,
        size_bytes=blob.size_bytes,
        name=blob.name,
        facts=dict(blob.facts),
        url=f"/v1/{place}/{blob.digest}",
    )
