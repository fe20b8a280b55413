"""What the learning service's routes share, and what they do with it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

from fastapi import Request

from contracts.job import JobKind
from contracts.learning import DIGEST, OptionError, ParetoOptions, PruneOptions, SessionOptions, TrainOptions
from mlservice.api.schemas import AttemptBody, FitPredictorAttempt
from mlservice.api.settings import Settings
from mlservice.jobs.gate import GATE_COMMAND
from mlservice.predictors.registry import Registry
from servicekit.api import service
from servicekit.api.problems import ProblemError
from servicekit.jobs.board import Order
from servicekit.jobs.gate import Gate

_OPTIONS: Final[Mapping[JobKind, type[SessionOptions]]] = {
    JobKind.TRAIN: TrainOptions,
    JobKind.PRUNE: PruneOptions,
    JobKind.PARETO: ParetoOptions,
}


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
            ProblemError: 404 for a file that was never uploaded, 422 where the two tables are swapped or an option is wrong.
        """
        if isinstance(body, FitPredictorAttempt):
            return self._fit(body)
        with refusing("body.options"):
            return self._session(body.kind, _OPTIONS[body.kind].from_mapping(body.options), body.former)

    def _fit(self, body: FitPredictorAttempt) -> Order:
        options = body.options
        values: dict[str, Any] = options.model_dump(mode="json", exclude={"networks", "layers"})
        values["registry"] = str(self.settings.registry.resolve())
        for name in ("networks", "layers"):
            values[f"{name}_path"] = self._table(name, getattr(options, name))
        return Order(body.kind, options.model_dump(mode="json"), values)

    def _session(self, kind: JobKind, wanted: SessionOptions, former: tuple[str, ...]) -> Order:
        from mlservice.jobs.subject import check_names  # noqa: PLC0415  # torch takes seconds to import

        upload, dense = self.data_set(wanted.data), None
        methods: tuple[str, ...] = wanted.methods if isinstance(wanted, ParetoOptions) else ()
        if isinstance(wanted, PruneOptions):
            methods, dense = (wanted.method,), wanted.dense
        check_names(wanted, methods, upload)
        values = {
            "wanted": wanted.to_mapping(),
            "upload": upload,
            "former": former,
            "dense_path": self.upload_path("report", dense, "dense"),
            "runs": str(self.settings.runs.resolve()),
            "registry": str(self.settings.registry.resolve()),
        }
        return Order(kind, wanted.to_mapping(), values)

    def data_set(self, data: str) -> dict[str, Any] | None:
        """An uploaded data set: `path`, `name`, and what the gate found (`facts`); None where data is named.

        Raises:
            ProblemError: 404.
        """
        if not DIGEST.fullmatch(data):
            return None
        path = self.upload_path("data-set", data, "data")
        found = self.store.find("data-set", data)
        return {"path": path, "name": found.name if found else data, "facts": dict(found.facts) if found else {}}

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


@contextmanager
def refusing(place: str) -> Iterator[None]:
    """Options that are not taken become problems that name the field, the value and the fix."""
    try:
        yield
    except OptionError as error:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            error.detail,
            code="OptionError",
            field=f"{place}.{error.field}",
            value=error.value,
            fix=error.fix,
        ) from error


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    return cast(Service, service.service_of(request))
