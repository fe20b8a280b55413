"""Pages about commands, endpoints and energy name all there is."""

import re
from pathlib import Path

import pytest

from contracts.energy.__main__ import DOCUMENT, document
from contracts.job import KINDS_OF, FailureClass, ServiceName
from contracts.measurement import LayerMeasurement, Measurement
from hwservice.api.app import create_app
from hwservice.api.service import Service
from hwservice.api.settings import TOKEN_VARIABLE, Settings
from hwservice.cli.commands import COMMANDS
from hwservice.cli.main import parser
from hwservice.jobs.worker import WORKER_COMMAND
from servicekit.jobs.local import LocalExecutor

DOCS = DOCUMENT.parent
CLI, SERVICE = (DOCS / "cli.md").read_text(), (DOCS / "service.md").read_text()


def test_the_energy_page_is_current() -> None:
    assert DOCUMENT.read_text() == document(), "run `python -m contracts.energy`"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_and_option_is_on_its_page(command: object) -> None:
    name = command.name  # type: ignore[attr-defined]  # a Command
    assert f"`{name}" in CLI
    sub = next(action for action in parser()._actions if action.choices)
    options = sub.choices[name]._option_string_actions  # type: ignore[index]  # argparse keeps its parsers there
    for option in set(options) - {"-h", "--help"}:
        assert re.search(rf"`{option}\b", CLI), f"{option} of {name}"


@pytest.mark.parametrize("field", [*Measurement.__dataclass_fields__, *LayerMeasurement.__dataclass_fields__])
def test_every_figure_is_on_the_command_line_page(field: str) -> None:
    assert f"`{field}`" in CLI


def test_every_endpoint_is_on_the_service_page(tmp_path: Path) -> None:
    app = create_app(Service.create(Settings("x" * 16, tmp_path), LocalExecutor(1, WORKER_COMMAND)))
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            assert f"`{method.upper()} {path}`" in SERVICE
    assert "`WS /v1/jobs/{job_id}/events/live`" in SERVICE


def test_kinds_failures_and_settings_are_on_the_service_page() -> None:
    for word in (*KINDS_OF[ServiceName.HARDWARE], *FailureClass, TOKEN_VARIABLE):
        assert word in SERVICE
