"""The learning service as a process."""

import threading
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from contracts.learning import ReachableOptions
from mlservice.api.app import create_app
from mlservice.api.routes_sessions import reachable_of
from mlservice.api.service import Service
from mlservice.api.settings import TOKEN_VARIABLE, Settings
from mlservice.jobs.worker import WORKER_COMMAND
from servicekit.api.server import Program
from servicekit.jobs.task import Executor


def _make_app(token: str, folder: Path, executor: Executor) -> FastAPI:
    service = Service.create(Settings(token, folder), executor)
    # Whoever asks first about training would wait for torch and torchvision.
    threading.Thread(target=reachable_of, args=(service, ReachableOptions()), daemon=True).start()
    return create_app(service)


LEARNING_SERVICE: Final = Program("mlservice", TOKEN_VARIABLE, WORKER_COMMAND, _make_app)
