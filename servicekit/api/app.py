"""The application: routes, authorisation, problems, and an OpenAPI description that names them all."""

import tomllib
from dataclasses import asdict, dataclass
from http import HTTPStatus
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request

from servicekit.api import files, health, jobs, problems
from servicekit.api.auth import authorised
from servicekit.api.problems import Problem
from servicekit.api.schemas import Workers, WorkerView
from servicekit.api.service import Service, service_of

_PROJECT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class About:
    """How a service is called, and what its description says before anything else."""

    title: str
    text: str


def create_app(service: Service, about: About, *routers: APIRouter) -> FastAPI:
    """The ASGI application around one service: its own routes, and those that all services share."""
    app = FastAPI(
        title=about.title,
        version="1",
        description=about.text,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    problems.install(app)
    for router in (*routers, files.router, jobs.router):
        app.include_router(router, dependencies=[Depends(authorised)])
    app.include_router(jobs.live)
    app.include_router(health.router)
    app.add_api_route(
        "/v1/workers",
        _workers,
        dependencies=[Depends(authorised)],
        tags=["service"],
        summary="Who runs jobs",
        responses=problems.documented(HTTPStatus.UNAUTHORIZED),
    )
    app.openapi = lambda: _description(app)  # type: ignore[method-assign]  # FastAPI's way to extend it
    return app


def _workers(request: Request) -> Workers:
    """Every worker with its slots, and the version of this service."""
    executor = service_of(request).executor
    workers = [WorkerView(**asdict(worker)) for worker in executor.capacity().workers]
    kind = type(executor).__name__.removesuffix("Executor").lower()
    return Workers(version=_version(), executor=kind, workers=workers)


def _version() -> str:
    """Of the installed package, or of the folder that images hold in its place."""
    try:
        return metadata.version("proprunn")
    except metadata.PackageNotFoundError:
        described = tomllib.loads((_PROJECT / "pyproject.toml").read_text())
        return str(described["project"]["version"])


def _description(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1, with our problems in place of FastAPI's own validation errors."""
    if app.openapi_schema is None:
        schema = FastAPI.openapi(app)
        schemas = schema["components"]["schemas"]
        schemas["Problem"] = Problem.model_json_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for operations in schema["paths"].values():
            for operation in operations.values():
                _only_problems(operation)
        app.openapi_schema = schema
    return app.openapi_schema


def _only_problems(operation: dict[str, Any]) -> None:
    refused = operation["responses"].get(str(int(HTTPStatus.UNPROCESSABLE_ENTITY)))
    if refused and "application/json" in refused["content"]:
        del refused["content"]["application/json"]
