"""Pages about predictors and the learning service name all there is."""

import re
from argparse import ArgumentParser
from pathlib import Path

import pytest

from contracts.job import KINDS_OF, ServiceName
from mlservice.api.app import create_app
from mlservice.api.service import Service
from mlservice.api.settings import TOKEN_VARIABLE, Settings
from mlservice.cli.predictors import COMMANDS
from mlservice.jobs.worker import WORKER_COMMAND
from mlservice.predictors.kinds import KINDS
from mlservice.predictors.scores import Scores
from servicekit.commands import Command
from servicekit.jobs.local import LocalExecutor

DOCS = Path(__file__).resolve().parents[2] / "docs"
PREDICTORS, SERVICE = (DOCS / "predictors.md").read_text(), (DOCS / "service.md").read_text()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_and_option_is_on_the_page(command: Command) -> None:
    assert f"`{command.name}" in PREDICTORS
    parser = ArgumentParser()
    command.arguments(parser)
    for option in set(parser._option_string_actions) - {"-h", "--help"}:
        assert re.search(rf"`{option}\b", PREDICTORS), f"{option} of {command.name}"


@pytest.mark.parametrize("word", [*KINDS, *Scores.__dataclass_fields__])
def test_every_kind_and_score_is_explained(word: str) -> None:
    assert f"`{word}`" in PREDICTORS


def test_every_endpoint_kind_and_setting_is_on_the_service_page(tmp_path: Path) -> None:
    app = create_app(Service.create(Settings("x" * 16, tmp_path), LocalExecutor(1, WORKER_COMMAND)))
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            assert f"`{method.upper()} {path}`" in SERVICE
    for word in (*KINDS_OF[ServiceName.LEARNING], TOKEN_VARIABLE):
        assert word in SERVICE
