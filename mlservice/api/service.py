"""What the learning service's routes share, and what they do with it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from fastapi import Request

from mlservice.api.schemas import AttemptBody
from mlservice.api.settings import Settings
from mlservice.jobs.gate import GATE_COMMAND
from mlservice.predictors.registry import Registry
from servicekit.api import service
from servicekit.api.problems import ProblemError
from servicekit.jobs.board import Order
from servicekit.jobs.gate import Gate


@dataclass(frozen=True)
class Service(service.Service):
    """All state of one running learning service."""

    settings: Settings

    @property
    def gate(self) -> Gate:
        """How its uploads are checked."""
        return Gate(GATE_COMMAND, self.settings.gate)

    @property
    def registry(self) -> Registry:
        """Its trained predictors."""
        return Registry(self.settings.registry)

    def order(self, body: AttemptBody) -> Order:
        """Resolve what a job refers to, so that every mistake is told before anything starts.

        Raises:
            ProblemError: 404 for a table that was never uploaded, 422 where the two tables are swapped.
        """
        options = body.options
        values: dict[str, Any] = options.model_dump(mode="json", exclude={"networks", "layers"})
        values["registry"] = str(self.settings.registry.resolve())
        for name in ("networks", "layers"):
            values[f"{name}_path"] = self._table(name, getattr(options, name))
        return Order(body.kind, options.model_dump(mode="json"), values)

    def _table(self, name: str, digest: str | None) -> str | None:
        path = self.upload_path("table", digest, name)
        found = self.store.find("table", digest) if digest is not None else None
        if found is not None and found.facts["table"] != name:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"{digest} is a table of {found.facts['table']}, not of {name}",
                field=f"body.options.{name}",
                value=digest,
                fix=f"the digest of the data set's {name}.parquet",
            )
        return path


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    return cast(Service, service.service_of(request))
