"""What a project holds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, TypeVar

from proprunn.transport import Transport

T = TypeVar("T")


@dataclass(frozen=True)
class Resource:
    """Something with an id; made from its document, of which unknown fields are left out."""

    id: str
    name: str

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """From the API's document."""
        return cls(**{entry.name: document[entry.name] for entry in fields(cls)})


@dataclass(frozen=True)
class Project(Resource):
    """A project; `role` is the caller's."""

    description: str
    role: str | None


@dataclass(frozen=True)
class Network(Resource):
    """A network; `latest` is the number of its newest version."""

    project: str
    description: str
    latest: int
    created: str


@dataclass(frozen=True)
class DataFile(Resource):
    """Calibration data or inputs; `facts` says shapes and types."""

    project: str
    digest: str
    size_bytes: int
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Accelerator(Resource):
    """A preset (`project` is None) or a project's own. `fields` are those of the accelerator's description."""

    project: str | None
    fields: Mapping[str, Any]
    digest: str
    cells: int
    on_chip_bytes: int


def pages(
    transport: Transport, path: str, query: Mapping[str, Any], view: Callable[[Mapping[str, Any]], T]
) -> Iterator[T]:
    """All items of a list, fetched page by page as they are asked for."""
    cursor: str | None = None
    while True:
        page = transport.get(path, {**query, "cursor": cursor})
        for item in page["items"]:
            yield view(item)
        cursor = page["next"]
        if cursor is None:
            return
