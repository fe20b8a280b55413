"""The hardware service as a process."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI

from hwservice.api.app import create_app
from hwservice.api.service import Service
from hwservice.api.settings import TOKEN_VARIABLE, Settings
from hwservice.jobs.worker import WORKER_COMMAND
from servicekit.api.server import Program
from servicekit.jobs.task import Executor


def _make_app(token: str, folder: Path, executor: Executor) -> FastAPI:
    return create_app(Service.create(Settings(token, folder), executor))


HARDWARE_SERVICE: Final = Program("hwservice", TOKEN_VARIABLE, WORKER_COMMAND, _make_app)
