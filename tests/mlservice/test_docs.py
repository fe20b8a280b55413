"""Pages about predictors and the learning service name all there is."""

import re
from argparse import ArgumentParser
from pathlib import Path
from types import ModuleType

import pytest

from contracts.job import KINDS_OF, ServiceName
from mlservice.api.app import create_app
from mlservice.api.service import Service
from mlservice.api.settings import TOKEN_VARIABLE, Settings
from mlservice.cli import bench, data, networks, pareto, train
from mlservice.cli.predictors import COMMANDS
from mlservice.datasets.catalogue import DATA_VARIABLE, NAMES
from mlservice.jobs.worker import WORKER_COMMAND
from mlservice.networks import NETWORKS
from mlservice.predictors.kinds import KINDS
from mlservice.predictors.scores import Scores
from mlservice.training.footprint import INTENSITY_VARIABLE
from mlservice.training.methods.catalogue import METHODS
from servicekit.commands import Command
from servicekit.jobs.local import LocalExecutor

DOCS = Path(__file__).resolve().parents[2] / "docs"
PREDICTORS, SERVICE = (DOCS / "predictors.md").read_text(), (DOCS / "service.md").read_text()
TRAINING = (DOCS / "training.md").read_text()
PRUNING = (DOCS / "pruning.md").read_text()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_and_option_is_on_the_page(command: Command) -> None:
    assert f"`{command.name}" in PREDICTORS
    parser = ArgumentParser()
    command.arguments(parser)
    for option in set(parser._option_string_actions) - {"-h", "--help"}:
        assert re.search(rf"`{option}\b", PREDICTORS), f"{option} of {command.name}"


@pytest.mark.parametrize("command", [data, networks, train], ids=lambda command: command.__name__)
def test_every_option_of_training_is_on_its_page(command: ModuleType) -> None:
    parser = ArgumentParser()
    command.arguments(parser)
    for option in set(parser._option_string_actions) - {"-h", "--help"}:
        assert re.search(rf"`{option}\b", TRAINING), option


@pytest.mark.parametrize("command", [pareto, bench], ids=lambda command: command.__name__)
def test_every_option_of_many_runs_is_on_the_pruning_page(command: ModuleType) -> None:
    parser = ArgumentParser()
    command.arguments(parser)
    for option in set(parser._option_string_actions) - {"-h", "--help"}:
        assert re.search(rf"`{option}\b", PRUNING), option


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_on_the_pruning_page(method: str) -> None:
    assert f"`{method}`" in PRUNING


@pytest.mark.parametrize("word", [*NAMES, *NETWORKS, DATA_VARIABLE, INTENSITY_VARIABLE])
def test_every_network_data_set_and_variable_is_on_the_training_page(word: str) -> None:
    assert f"`{word}`" in TRAINING or f"`${word}`" in TRAINING


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
