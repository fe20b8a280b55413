"""The hardware service's application: what it is, and its own routes before those that all services share."""

from typing import Final

from fastapi import FastAPI

from hwservice.api import routes_campaigns, routes_files, routes_jobs
from hwservice.api.service import Service
from servicekit.api import app

DESCRIPTION: Final = """Networks on the accelerator: upload ONNX, compile it, run it on the RTL, take figures and files away.

Errors are `application/problem+json`. Every job is an attempt with a number; events come by polling
(`/v1/jobs/{id}/events`) or by websocket (`/v1/jobs/{id}/events/live?after=CURSOR`), from any cursor on."""


def create_app(service: Service) -> FastAPI:
    """The ASGI application around one service."""
    about = app.About("ProPruNN hardware service", DESCRIPTION)
    return app.create_app(service, about, routes_files.router, routes_jobs.router, routes_campaigns.router)
