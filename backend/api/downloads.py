"""Files that go out: with their digest as ETag, and in parts where a range is asked for."""

import re
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Final

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from backend.api.endpoint import etag
from backend.api.problems import ProblemError
from backend.workspace.models import Artifact
from backend.workspace.store import the_store

_RANGE: Final = re.compile(r"bytes=(?=[0-9]|-[0-9])([0-9]{0,18})-([0-9]{0,18})")


def download(request: Request, artifact: Artifact, name: str, media_type: str) -> HttpResponseBase:
    """A file as an answer.

    Raises:
        ProblemError: 400 for what is no single range of bytes, 416 for one beyond the end.
    """
    headers = {
        "ETag": etag(artifact.digest),
        "Cache-Control": "private, max-age=31536000, immutable",
        "Accept-Ranges": "bytes",
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
        "X-Content-Type-Options": "nosniff",
    }
    given = [part.strip() for part in request.headers.get("If-None-Match", "").split(",")]
    if etag(artifact.digest) in given:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    size = artifact.size_bytes
    first, last = _range(request.headers.get("Range"), size) or (0, size - 1)
    status = HTTPStatus.OK
    if "Range" in request.headers:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    chunks = the_store().read(artifact.digest, first, last - first + 1)
    return StreamingHttpResponse(_in_threads(chunks), content_type=media_type, status=status, headers=headers)


async def _in_threads(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Reads block; elsewhere they do no harm."""
    following = sync_to_async(lambda: next(chunks, None), thread_sensitive=False)
    while (chunk := await following()) is not None:
        yield chunk


def _range(header: str | None, size: int) -> tuple[int, int] | None:
    if header is None:
        return None
    found = _RANGE.fullmatch(header.strip())
    if found is None:
        fix = "bytes=FIRST-LAST, bytes=FIRST- or bytes=-COUNT"
        detail = "Range is no single range of bytes"
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail, field="header.Range", value=header, fix=fix)
    first, last = found.groups()
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or end < start:
        raise ProblemError(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"the file has {size} bytes",
            field="header.Range",
            value=header,
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, end
