"""Training sessions: what there is to choose from, what is reachable, the data and reports that they need, and how they are started."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from contracts.errors import NetworkError
from contracts.job import JobKind
from contracts.learning import ReachableOptions, SessionOptions, resolve
from mlservice.api.schemas import (
    CheckView,
    CostView,
    DataSetList,
    DataSetView,
    MethodList,
    MethodView,
    NetworkList,
    NetworkView,
    ParetoAttempt,
    ParetoFields,
    PruneAttempt,
    PruneFields,
    ReachableFields,
    ReachableList,
    ReachableView,
    SessionBody,
    TrainAttempt,
    TrainFields,
)
from mlservice.api.service import Service, refusing, service_of
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
from servicekit.api.jobs import START_PROBLEMS, Key, start_job
from servicekit.api.problems import ProblemError, documented
from servicekit.api.schemas import FileView, JobView
from servicekit.api.uploads import Upload, receive, take

router = APIRouter(prefix="/v1")
_USUAL: Final = SessionOptions()
_ORIGINS: Final = {
    "expert": "expert estimate",
    "macs": "expert estimate",
    "surrogate": "learned prediction",
    "learned": "learned prediction",
}


@router.post("/train", tags=["jobs"], status_code=HTTPStatus.ACCEPTED, responses=documented(*START_PROBLEMS))
async def start_train(request: Request, response: Response, options: TrainFields, key: Key = None) -> JobView:
    """Start a `train` job under a new name."""
    return await start_job(request, response, TrainAttempt(kind=JobKind.TRAIN, options=options), key)


@router.post("/prune", tags=["jobs"], status_code=HTTPStatus.ACCEPTED, responses=documented(*START_PROBLEMS))
async def start_prune(request: Request, response: Response, options: PruneFields, key: Key = None) -> JobView:
    """Start a `prune` job under a new name."""
    return await start_job(request, response, PruneAttempt(kind=JobKind.PRUNE, options=options), key)


@router.post("/pareto", tags=["jobs"], status_code=HTTPStatus.ACCEPTED, responses=documented(*START_PROBLEMS))
async def start_pareto(request: Request, response: Response, options: ParetoFields, key: Key = None) -> JobView:
    """Start a `pareto` job under a new name."""
    return await start_job(request, response, ParetoAttempt(kind=JobKind.PARETO, options=options), key)


@router.post("/check", tags=["sessions"], responses=documented(*LOOK_UP_PROBLEMS, HTTPStatus.BAD_REQUEST))
async def check_job(request: Request, body: SessionBody) -> CheckView:
    """Whether a job would be taken: its options and names, the files that it needs, a network that takes such images. Nothing is started."""
    service = service_of(request)
    await asyncio.to_thread(service.order, body)
    await asyncio.to_thread(check_network, service, body)
    return CheckView(kind=body.kind)


@router.post("/reachable", tags=["sessions"], responses=documented(*LOOK_UP_PROBLEMS, HTTPStatus.BAD_REQUEST))
async def ask_reachable(request: Request, options: ReachableFields) -> ReachableList:
    """Which budgets a network can keep on an accelerator: what it costs at least, with half of its channels, and as it is."""
    with refusing("body"):
        return await asyncio.to_thread(reachable_of, service_of(request), ReachableOptions.from_mapping(options))


@router.get("/networks", tags=["sessions"], responses=documented(HTTPStatus.UNAUTHORIZED))
async def list_networks() -> NetworkList:
    """Networks that can be trained, by name."""
    return await asyncio.to_thread(_networks)


@router.get("/data", tags=["sessions"], responses=documented(HTTPStatus.UNAUTHORIZED))
async def list_data() -> DataSetList:
    """Data that is known by name."""
    return await asyncio.to_thread(_data)


@router.get("/methods", tags=["sessions"], responses=documented(HTTPStatus.UNAUTHORIZED))
async def list_methods() -> MethodList:
    """Ways to meet a budget, and who can foretell costs."""
    return await asyncio.to_thread(_methods)


@router.post(
    "/data-sets",
    tags=["files"],
    status_code=HTTPStatus.CREATED,
    responses=documented(*UPLOAD_PROBLEMS),
    openapi_extra=BODY,
)
async def upload_data_set(request: Request, response: Response, name: NameQuery = "data.npz") -> FileView:
    """Upload images and their classes (npz) as the body; a limited process reads all of them first."""
    service = service_of(request)
    async with receive(request, service.store, service.settings.data_set_bytes) as path:
        blob = await take(Upload(path, "data-set", name), service.store, service.gate)
    return created_file(response, "data-sets", blob)


@router.get("/data-sets/{digest}", tags=["files"], responses=documented(*LOOK_UP_PROBLEMS))
async def get_data_set(request: Request, digest: DigestPath) -> FileView:
    """What is known of an uploaded data set."""
    return file_view("data-sets", known_file(request, "data-set", digest))


@router.post(
    "/reports",
    tags=["files"],
    status_code=HTTPStatus.CREATED,
    responses=documented(*UPLOAD_PROBLEMS),
    openapi_extra=BODY,
)
async def upload_report(request: Request, response: Response, name: NameQuery = "report.json") -> FileView:
    """Bring back the report of a session, for others to be compared with (JSON)."""
    service = service_of(request)
    async with receive(request, service.store, service.settings.report_bytes) as path:
        blob = await take(Upload(path, "report", name), service.store, service.gate)
    return created_file(response, "reports", blob)


@router.get("/reports/{digest}", tags=["files"], responses=documented(*LOOK_UP_PROBLEMS))
async def get_report(request: Request, digest: DigestPath) -> FileView:
    """Which session an uploaded report is of."""
    return file_view("reports", known_file(request, "report", digest))


# torch takes seconds to import: a service that is asked for predictors alone does without.
def reachable_of(service: Service, options: ReachableOptions) -> ReachableList:
    """Which budgets a network can keep; an answer is kept.

    Raises:
        OptionError: a name that there is not.
        ProblemError: 404 for data that was never uploaded.
        InputError: the network cannot be pruned.
    """
    from mlservice.jobs.reach import Asked, reach  # noqa: PLC0415
    from mlservice.jobs.subject import check_names  # noqa: PLC0415

    check_names(options, upload=service.data_set(options.data))
    image_shape, classes = _images_of(service, options.data)
    accelerator = resolve(options.accelerator)
    rows = reach(Asked(options.network, image_shape, classes, accelerator, options.cost), service.registry)
    return ReachableList(
        network=options.network,
        data=options.data,
        accelerator=accelerator.name,
        cost=options.cost,
        origin=_ORIGINS[options.cost.partition(":")[0]],
        items=[ReachableView(name=row.name, **row.costs, params=row.parameters, macs=row.macs) for row in rows],
    )


def check_network(service: Service, body: SessionBody) -> None:
    """That the network can be made for the images.

    Raises:
        ProblemError: it cannot.
    """
    from mlservice.networks import build  # noqa: PLC0415

    network, data = str(body.options.get("network", _USUAL.network)), str(body.options.get("data", _USUAL.data))
    image_shape, classes = _images_of(service, data)
    try:
        build(network, image_shape, classes, seed=0)
    except NetworkError as error:
        shown = f"images of {' x '.join(map(str, image_shape))}"
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{network} and {shown} do not go together: {error}",
            code="NetworkError",
            field="body.options.network",
            value=network,
            fix="give a network for small images, such as resnet8, or larger images",
        ) from error


def _images_of(service: Service, data: str) -> tuple[tuple[int, int, int], int]:
    from mlservice.jobs.subject import shape_of  # noqa: PLC0415

    upload = service.data_set(data)
    return _of_upload(upload) if upload is not None else shape_of(data)


def _of_upload(upload: dict[str, Any]) -> tuple[tuple[int, int, int], int]:
    channels, height, width = upload["facts"]["image_shape"]
    return (channels, height, width), upload["facts"]["classes"]


def _networks() -> NetworkList:
    from mlservice.networks import NETWORKS  # noqa: PLC0415

    made = [NetworkView(name=n, says=each.says, least_pixels=each.least_pixels) for n, each in NETWORKS.items()]
    return NetworkList(items=made)


def _data() -> DataSetList:
    from mlservice.datasets.catalogue import NAMES  # noqa: PLC0415
    from mlservice.jobs.subject import is_here, says, shape_of  # noqa: PLC0415

    items = []
    for name in NAMES:
        shape, classes = shape_of(name)
        items.append(
            DataSetView(name=name, says=says(name), image_shape=list(shape), classes=classes, found=is_here(name))
        )
    return DataSetList(items=items)


def _methods() -> MethodList:
    from mlservice.pruning.metrics import SOURCES  # noqa: PLC0415
    from mlservice.training.methods.catalogue import METHODS  # noqa: PLC0415

    methods = [
        MethodView(name=name, says=each.says, ignores_budget=each.ignores_budget) for name, each in METHODS.items()
    ]
    return MethodList(items=methods, costs=[CostView(name=name, says=says) for name, says in SOURCES.items()])
