"""The application: routes, authorisation, problems, and an OpenAPI description that names them all."""

import tomllib
from dataclasses import asdict
from http import HTTPStatus
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from fastapi import Depends, FastAPI, Request

from hwservice.api import problems, routes_files, routes_health, routes_jobs
from hwservice.api.auth import authorised
from hwservice.api.problems import Problem
from hwservice.api.schemas import Workers, WorkerView
from hwservice.api.service import Service, service_of

_PROJECT: Final = Path(__file__).resolve().parents[2]
DESCRIPTION = """Networks on the accelerator: upload ONNX, compile it, run it on the RTL, take figures and files away.

Errors are `application/problem+json`. Every job is an attempt with a number; events come by polling
(`/v1/jobs/{id}/events`) or by websocket (`/v1/jobs/{id}/events/live?after=CURSOR`), from any cursor on."""


def create_app(service: Service) -> FastAPI:
    """The ASGI application around one service."""
    app = FastAPI(
        title="ProPruNN hardware service",
        version="1",
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    problems.install(app)
    app.include_router(routes_files.router, dependencies=[Depends(authorised)])
    app.include_router(routes_jobs.router, dependencies=[Depends(authorised)])
    app.include_router(routes_jobs.live)
    app.include_router(routes_health.router)
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
