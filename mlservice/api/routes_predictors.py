"""Tables of data sets, trained predictors, and what they foretell."""

import asyncio
import tempfile
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path as FilePath
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from contracts.accelerator import Accelerator, accelerator_named
from contracts.errors import InputError
from contracts.structure import Structure
from mlservice.api.schemas import (
    PredictBody,
    PredictionList,
    PredictionView,
    PredictorList,
    PredictorName,
    PredictorView,
    QueryBody,
)
from mlservice.api.service import service_of
from mlservice.predictors.batch import Batch, Query
from mlservice.predictors.fit import Trained
from mlservice.predictors.offline import inputs_of
from mlservice.predictors.predictor import expert_values
from mlservice.predictors.registry import Card, Registry, opened, unpack
from mlservice.predictors.targets import Target
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

NamePath = Annotated[PredictorName, Path()]
ORIGIN: Final = "learned prediction, 90 % interval"


@router.post(
    "/tables",
    tags=["files"],
    status_code=HTTPStatus.CREATED,
    responses=documented(*UPLOAD_PROBLEMS),
    openapi_extra=BODY,
)
async def upload_table(request: Request, response: Response, name: NameQuery = "table") -> FileView:
    """Upload a table of a data set, as a campaign writes it: Parquet as the body."""
    service = service_of(request)
    async with receive(request, service.store, service.settings.table_bytes) as path:
        blob = await take(Upload(path, "table", name), service.store, service.gate)
    return created_file(response, "tables", blob)


@router.get("/tables/{digest}", tags=["files"], responses=documented(*LOOK_UP_PROBLEMS))
async def get_table(request: Request, digest: DigestPath) -> FileView:
    """What is known of an uploaded table."""
    return file_view("tables", known_file(request, "table", digest))


@router.get("/predictors", tags=["predictors"], responses=documented(HTTPStatus.UNAUTHORIZED))
async def list_predictors(request: Request) -> PredictorList:
    """All trained predictors, with their scores."""
    return PredictorList(items=[_view(card) for card in service_of(request).registry.cards()])


@router.get("/predictors/{name}", tags=["predictors"], responses=documented(*LOOK_UP_PROBLEMS))
async def get_predictor(request: Request, name: NamePath) -> PredictorView:
    """One of them: its newest version, or the one that is named."""
    return _view(await asyncio.to_thread(_card, service_of(request).registry, name))


@router.post(
    "/predictors/{name}/predict",
    tags=["predictors"],
    responses=documented(*LOOK_UP_PROBLEMS, HTTPStatus.BAD_REQUEST),
)
async def predict(request: Request, name: NamePath, body: PredictBody) -> PredictionList:
    """Foretell networks on accelerators from their structures, at most 1,000 at a time."""
    return await asyncio.to_thread(_predict, service_of(request).registry, name, body)


@router.post(
    "/predictor-files",
    tags=["predictors"],
    status_code=HTTPStatus.CREATED,
    responses=documented(*UPLOAD_PROBLEMS),
    openapi_extra=BODY,
)
async def upload_predictor(request: Request, response: Response, name: NameQuery = "predictor") -> FileView:
    """Bring back a predictor that a job made: its zip as the body. A limited process looks at it first."""
    service = service_of(request)
    async with receive(request, service.store, service.settings.predictor_bytes) as path:
        blob = await take(Upload(path, "predictor", name), service.store, service.gate)
    return created_file(response, "predictor-files", blob)


@router.get("/predictor-files/{digest}", tags=["predictors"], responses=documented(*LOOK_UP_PROBLEMS))
async def get_predictor_file(request: Request, digest: DigestPath) -> FileView:
    """What is known of a predictor's zip."""
    return file_view("predictor-files", known_file(request, "predictor", digest))


@router.post(
    "/predictor-files/{digest}/predict",
    tags=["predictors"],
    responses=documented(*LOOK_UP_PROBLEMS, HTTPStatus.BAD_REQUEST),
)
async def predict_by_file(request: Request, digest: DigestPath, body: PredictBody) -> PredictionList:
    """The same by a predictor's zip, whoever else uses its name."""
    known_file(request, "predictor", digest)
    path = service_of(request).store.path(digest)
    return await asyncio.to_thread(lambda: _said(*_unpacked(path), body))


def _predict(registry: Registry, name: str, body: PredictBody) -> PredictionList:
    card = _card(registry, name)
    return _said(_loaded(registry.folder, f"{card.name}@{card.version}"), card, body)


def _said(trained: Trained, card: Card, body: PredictBody) -> PredictionList:
    batch = Batch.for_target(card.target, [_query(query) for query in body.queries])
    found = trained.predict(batch, Target(body.target) if body.target else None)
    expert = [None] * len(batch) if found.target is Target.ACCURACY else expert_values(batch, found.target)
    inputs = list(inputs_of(trained.predictor, batch)) if body.inputs else [None] * len(batch)
    columns = zip(found.values, found.low, found.high, found.outside, expert, inputs, strict=True)
    items = [
        PredictionView(value=v, low=low, high=high, outside=bool(out), expert=closed, inputs=given)
        for v, low, high, out, closed, given in columns
    ]
    return PredictionList(
        predictor=f"{card.name}@{card.version}",
        target=found.target.value,
        unit=found.target.unit,
        origin=ORIGIN,
        microseconds=found.microseconds,
        items=items,
    )


def _query(body: QueryBody) -> Query:
    given = body.accelerator
    accelerator = accelerator_named(given) if isinstance(given, str) else Accelerator.from_mapping(given)
    return Query(Structure.from_mapping(body.structure), accelerator, body.energy_table)


@lru_cache(maxsize=16)
def _loaded(folder: FilePath, name: str) -> Trained:
    """A version of a predictor never changes: it is read once."""
    return Registry(folder).find(name)[0]


@lru_cache(maxsize=16)
def _unpacked(archive: FilePath) -> tuple[Trained, Card]:
    """A zip never changes either."""
    with tempfile.TemporaryDirectory(prefix="proprunn-predictor-") as folder:
        unpack(archive, FilePath(folder))
        return opened(FilePath(folder))


def _card(registry: Registry, name: str) -> Card:
    try:
        return registry.card(name)
    except InputError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error), field="path.name", value=name) from error


def _view(card: Card) -> PredictorView:
    values = card.to_mapping()
    return PredictorView(**{**values, "schema_version": values.pop("schema")})
