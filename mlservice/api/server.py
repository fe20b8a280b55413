"""The learning service as a process."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI

from mlservice.api.app import create_app
from mlservice.api.service import Service
from mlservice.api.settings import TOKEN_VARIABLE, Settings
from mlservice.jobs.worker import WORKER_COMMAND
from servicekit.api.server import Program
from servicekit.jobs.task import Executor


def _make_app(token: str, folder: Path, executor: Executor) -> FastAPI:
    return create_app(Service.create(Settings(token, folder), executor))


LEARNING_SERVICE: Final = Program("mlservice", TOKEN_VARIABLE, WORKER_COMMAND, _make_app)
