"""The package as others install it: its wheel alone in a clean environment, with the dependencies that it names."""

import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

CLIENT = Path(__file__).parents[2] / "client"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=CLIENT, check=True
    )
    (found,) = folder.glob("*.whl")
    return found


def needed(name: str) -> Iterator[str]:
    """A distribution and what it requires here, without extras."""
    yield name
    for text in distribution(name).requires or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield from needed(requirement.name)


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel and the dependencies it names, and nothing else."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    names = {name for direct in ("httpx", "rich") for name in needed(direct)}
    for name in names:
        for top in {
            file.parts[0] for file in distribution(name).files or [] if file.parts[0] not in ("..", "__pycache__")
        }:
            (packages / top).symlink_to(Path(str(distribution(name).locate_file(top))))
    return folder / "bin" / "python"


def run(python: Path, *arguments: str) -> str:
    found = subprocess.run([str(python), "-I", *arguments], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_the_wheel_is_small_and_holds_the_client_and_what_it_shares_with_the_services(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names if "dist-info" not in name} == {"proprunn", "contracts"}
    assert "proprunn/cli/main.py" in names
    assert wheel.stat().st_size < 100_000


def test_everything_of_it_can_be_imported_with_what_it_names_as_dependencies(clean: Path) -> None:
    code = (
        "import importlib, pkgutil, proprunn\n"
        "for module in pkgutil.walk_packages(proprunn.__path__, 'proprunn.'): importlib.import_module(module.name)\n"
        "print(*[name for name in proprunn.__all__ if not hasattr(proprunn, name)])\n"
    )
    assert run(clean, "-c", code).split() == []


def test_its_command_answers(clean: Path) -> None:
    shown = run(clean, "-c", "import sys; from proprunn.cli.main import main; sys.exit(main(['--help']))")
    assert "simulate" in shown


def test_frames_without_pandas_say_what_to_install(clean: Path) -> None:
    code = (
        "from proprunn.results import pandas\nfrom proprunn import UserError\n"
        "try:\n    pandas()\nexcept UserError as error:\n    print(error)\n"
    )
    assert "pip install 'proprunn-client[frames]'" in run(clean, "-c", code)
