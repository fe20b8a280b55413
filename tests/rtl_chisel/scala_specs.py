"""The Scala tests of `rtl_chisel`: what there is, and one run of all of them, kept while nothing has changed."""

import fcntl
import os
import re
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

from contracts.cache import cache_directory
from contracts.errors import ToolError
from hwservice.content_cache import cached_folder, digest_of
from hwservice.processes import run_tool
from hwservice.toolchain import RTL_DIRECTORY, sbt_command, verilator_environment

MODULES = RTL_DIRECTORY / "src/main/scala"
SPECS = RTL_DIRECTORY / "src/test/scala"
_REPOSITORY = RTL_DIRECTORY.parent
_SAID = "sbt.txt"
_BUILD = ("build.sbt", "project/build.properties")


class _FailedError(Exception):
    """Some specs failed; nothing is kept."""


@dataclass(frozen=True)
class Report:
    """What scalatest says about one spec."""

    tests: int
    failures: tuple[str, ...]


def spec_names() -> list[str]:
    """Every spec by its full Scala name, such as `proprunn.array.PeArraySpec`."""
    return [_scala_name(file, SPECS) for file in sorted(SPECS.rglob("*Spec.scala"))]


def source_names() -> set[str]:
    """Every Scala file of the hardware by its full name, such as `proprunn.config.ScratchShape`."""
    return {_scala_name(file, MODULES) for file in MODULES.rglob("*.scala")}


def module_names() -> set[str]:
    """Those that define a hardware module."""
    files = (file for file in MODULES.rglob("*.scala") if re.search(r"extends\s+(Ext)?Module\b", file.read_text()))
    return {_scala_name(file, MODULES) for file in files}


def _scala_name(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts)


def run_specs(folder: Path) -> Path:
    """The reports of all specs, passed or not; where nothing has changed since all passed, those from the cache.

    Args:
        folder: an empty folder for the reports of a run in which a spec fails.

    Raises:
        ToolError: the specs cannot be compiled or started.
    """
    sources = [*sorted(RTL_DIRECTORY.glob("src/**/*.scala")), *(RTL_DIRECTORY / name for name in _BUILD)]
    digest = digest_of(["specs", version("verilator"), *sources])

    def build(kept: Path) -> None:
        if not _run_into(folder):
            raise _FailedError
        shutil.copytree(folder, kept, dirs_exist_ok=True)

    try:
        return cached_folder("specs", digest, build)
    except _FailedError:
        return folder


def read_report(reports: Path, spec: str) -> Report:
    """The report of one spec.

    Raises:
        FileNotFoundError: it was not run; the message ends with what sbt said.
    """
    report = reports / f"TEST-{spec}.xml"
    if not report.is_file():
        raise FileNotFoundError(f"{spec} was not run:\n{(reports / _SAID).read_text()}")
    suite = ElementTree.parse(report).getroot()
    cases = suite.findall("testcase")
    wrong = [found for case in cases for found in (*case.findall("failure"), *case.findall("error"))]
    return Report(len(cases), tuple(f"{found.get('message')}\n{found.text}" for found in wrong))


def _run_into(folder: Path) -> bool:
    """Run all specs and put their reports into a folder; true where all passed."""
    # A copy, so that neither an elaboration nor whoever works there is disturbed; it stays, for what it has compiled.
    work = cache_directory() / "specs" / "rtl_chisel"
    with (cache_directory() / "specs" / "rtl_chisel.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _copy_sources(work)
        reports = work / "target" / "test-reports"
        shutil.rmtree(reports, ignore_errors=True)
        passed, said = True, ""
        try:
            run_tool(sbt_command(["test"]), cwd=work, env=_environment())
        except ToolError as error:
            if not reports.is_dir():
                raise
            passed, said = False, str(error)
        shutil.copytree(reports, folder, dirs_exist_ok=True)
        (folder / _SAID).write_text(said)
    return passed


def _environment() -> dict[str, str]:
    compile_once = f"{sys.executable} {_REPOSITORY / 'tests/rtl_chisel/compile_once.py'}"
    path = os.pathsep.join(filter(None, (str(_REPOSITORY), os.environ.get("PYTHONPATH"))))
    return verilator_environment() | {"OBJCACHE": compile_once, "PYTHONPATH": path}


def _copy_sources(work: Path) -> None:
    for old in ("src", "build"):
        shutil.rmtree(work / old, ignore_errors=True)
    shutil.copytree(RTL_DIRECTORY / "src", work / "src")
    for name in _BUILD:
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RTL_DIRECTORY / name, work / name)
