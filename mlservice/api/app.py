"""The learning service's application: what it is, and its own routes before those that all services share."""

from typing import Final

from fastapi import FastAPI

from mlservice.api import routes_jobs, routes_predictors, routes_sessions
from mlservice.api.service import Service
from servicekit.api import app

DESCRIPTION: Final = """Predictors of what networks cost: upload a data set's tables, fit, ask, take predictors away. Training sessions: train a network,
or have it shape itself within a budget; see what is reachable before.

Errors are `application/problem+json`. Every job is an attempt with a number; events come by polling
(`/v1/jobs/{id}/events`) or by websocket (`/v1/jobs/{id}/events/live?after=CURSOR`), from any cursor on."""


def create_app(service: Service) -> FastAPI:
    """The ASGI application around one service."""
    about = app.About("ProPruNN learning service", DESCRIPTION)
    return app.create_app(service, about, routes_predictors.router, routes_sessions.router, routes_jobs.router)
