"""Files that come in: streamed under a cap, checked by the service's gate, kept only then."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import IO, Any, Final

from django.conf import settings
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from backend.accounts.caller import Caller
from backend.api.problems import ProblemError, invalid
from backend.clients.current import hardware_service, learning_service
from backend.clients.service import ServiceRefusedError
from backend.jobs.orders import DATA_SETS
from backend.jobs.storage import check_storage
from backend.workspace.models import Artifact, Project
from backend.workspace.store import CHUNK_BYTES, Incoming, the_store


class FileParser(BaseParser):
    """Hands the body on as it comes."""

    media_type = "application/octet-stream"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """See the base class."""
        del media_type, parser_context
        return stream


Use = Callable[[Artifact, Mapping[str, Any]], Any]
_FIXES: Final = {
    "networks": "export it again; docs/networks.md says what a network may hold",
    "data": "write it with numpy.savez(file, input=images)",
    DATA_SETS: "write it with numpy.savez(file, input=images, label=classes)",
}
"""Where the gate's words have none."""


def take(request: Request, project: Project, kind: str, query: Callable[[str], dict[str, str]], use: Use) -> Any:
    """Take the request's body as a file of a kind that a service knows (`networks`, `data` or `data-sets`).

    Args:
        query: how to introduce it to the service, from its digest.
        use: what to do with the kept file and what the gate found; its value is returned.

    Raises:
        ProblemError: the body is empty, or the gate refuses it.
        TooLargeError, QuotaError, ServiceDownError: nothing was kept.
    """
    caller = request.auth
    assert isinstance(caller, Caller)
    store = the_store()
    with store.receive(_chunks(request), settings.ENVIRONMENT.upload_bytes) as incoming:
        if incoming.size_bytes == 0:
            raise invalid("body", "the body is empty", fix="send the file as the body, as application/octet-stream")
        check_storage(project, caller.user, incoming.size_bytes)
        digest = incoming.digest
        try:
            service = learning_service() if kind == DATA_SETS else hardware_service()
            facts = service.ensure(kind, digest, lambda: store.read_incoming(incoming), query(digest))
        except ServiceRefusedError as error:
            raise _refused(error, kind, incoming) from error
        return use(store.keep(incoming), facts)


def _refused(error: ServiceRefusedError, kind: str, incoming: Incoming) -> ProblemError:
    """What the gate said, with what it was about; most of its messages end with what to do."""
    detail, _, fix = str(error).partition("; ")
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        str(error) if fix else detail,
        code=error.code or "Refused",
        field=error.field or "body",
        value=f"{incoming.size_bytes} bytes with SHA-256 {incoming.digest}",
        fix=fix or _FIXES.get(kind),
    )


def _chunks(request: Request) -> Iterator[bytes]:
    stream = request.data
    if not hasattr(stream, "read"):  # no body at all
        return
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk
