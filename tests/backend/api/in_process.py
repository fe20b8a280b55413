"""The API for libraries that speak through `requests`: in this process and in the test's transaction."""

import io
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from django.db import transaction
from django.test import Client
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

BASE: Final = "http://testserver"


class _Undone(Exception):  # no error: it ends a transaction
    """What a request changed is taken back."""


def send(adapter: HTTPAdapter, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
    """In place of `HTTPAdapter.send`: hands the request to Django, and takes back whatever it changed."""
    assert str(request.url).startswith(BASE), request.url
    content: Any = request.body or b""
    if not isinstance(content, str | bytes):
        content = b"".join(content)
    try:
        with transaction.atomic():
            found, whole = _answer(request, content)
            raise _Undone
    except _Undone:
        pass
    headers = HTTPHeaderDict(found.items())
    raw = HTTPResponse(io.BytesIO(whole), headers, found.status_code, reason=found.reason_phrase, preload_content=False)
    return adapter.build_response(request, raw)


def _answer(request: requests.PreparedRequest, content: str | bytes) -> tuple[Any, bytes]:
    place = urlsplit(str(request.url))
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    headers.pop("HTTP_CONTENT_LENGTH", None)
    kind = headers.pop("HTTP_CONTENT_TYPE", "")
    client = Client(raise_request_exception=False)
    found = client.generic(str(request.method), place.path, content, kind, QUERY_STRING=place.query, **headers)  # type: ignore[arg-type]  # headers as WSGI calls them
    return found, found.getvalue()
