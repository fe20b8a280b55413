"""The tools outside Python are found, or their absence is named with the fix."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.cache import cache_directory
from contracts.errors import ToolError
from hwservice import toolchain
from hwservice.toolchain import ToolchainError


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose PATH holds one empty folder, with a cache of its own."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PROPRUNN_CACHE", str(tmp_path / "cache"))
    for name in ("JAVA_HOME", "CXX"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def install(folder: Path, name: str, says: str) -> Path:
    """Put an executable into the folder that prints a text."""
    script = folder / name
    script.write_text(f"#!/bin/sh\necho '{says}'\n")
    script.chmod(0o755)
    return script


def test_the_cache_folder_is_the_one_the_user_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROPRUNN_CACHE", str(tmp_path / "mine"))
    assert cache_directory() == tmp_path / "mine"
    assert (tmp_path / "mine").is_dir()


def test_the_cache_folder_follows_the_desktop_convention(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROPRUNN_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "proprunn"


def test_a_cache_folder_that_cannot_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PROPRUNN_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ToolError, match=r"file/cache.*set PROPRUNN_CACHE"):
        cache_directory()


@pytest.mark.usefixtures("empty_machine")
def test_missing_java_is_named_with_the_package_that_brings_it() -> None:
    with pytest.raises(ToolchainError, match=r"java: not found\. .*openjdk-17-jdk-headless") as caught:
        toolchain.java()
    assert caught.value.tool == "java"


def test_an_old_java_is_refused_with_its_version(empty_machine: Path) -> None:
    install(empty_machine, "java", 'openjdk version "1.8.0_412"')
    with pytest.raises(ToolchainError, match="is version 8"):
        toolchain.java()


def test_the_java_of_java_home_comes_first(empty_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(empty_machine, "java", 'openjdk version "1.8.0_412"')
    home = empty_machine.parent / "jdk"
    (home / "bin").mkdir(parents=True)
    newer = install(home / "bin", "java", 'openjdk version "21.0.3" 2024-04-16')
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert toolchain.java() == newer


@pytest.mark.usefixtures("empty_machine")
def test_a_missing_compiler_is_named() -> None:
    with pytest.raises(ToolchainError, match="apt-get install g"):
        toolchain.cxx()


def test_an_old_compiler_is_refused(empty_machine: Path) -> None:
    install(empty_machine, "g++", "9.4.0")
    with pytest.raises(ToolchainError, match="is version 9"):
        toolchain.cxx()


@pytest.mark.parametrize(("clang", "chosen"), [("14.0.6", "clang++"), ("11.0.1", "g++")])
def test_simulators_are_compiled_by_clang_where_it_is_new_enough(empty_machine: Path, clang: str, chosen: str) -> None:
    for name, version in (("g++", "12.2.0"), ("clang++", clang)):
        install(empty_machine, name, version)
    assert toolchain.cxx().name == chosen


def test_a_fetched_file_with_another_digest_is_refused_and_not_kept(tmp_path: Path) -> None:
    def fetch(folder: Path) -> Path:
        (folder / "launcher.jar").write_bytes(b"not what was asked for")
        return folder / "launcher.jar"

    with pytest.raises(ToolchainError, match="SHA-256"):
        toolchain._install_checked(tmp_path / "sbt.jar", "0" * 64, fetch)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_fetch_says_where_the_file_belongs(tmp_path: Path) -> None:
    def fetch(_: Path) -> Path:
        raise TimeoutError("no answer")

    with pytest.raises(ToolchainError, match=r"no answer.*sbt\.jar"):
        toolchain._install_checked(tmp_path / "sbt.jar", "0" * 64, fetch)


def test_the_sbt_command_uses_named_repositories_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = tmp_path / "sbt" / f"sbt-launch-{toolchain.SBT_VERSION}.jar"
    jar.parent.mkdir()
    jar.write_bytes(b"")
    monkeypatch.setenv("PROPRUNN_CACHE", str(tmp_path))
    command = toolchain.sbt_command(["compile", "runMain proprunn.Elaborate --rows 8"])
    assert command[-4:] == ["-jar", str(jar), "compile", "runMain proprunn.Elaborate --rows 8"]
    assert (tmp_path / "sbt" / "repositories").read_text().split() == ["[repositories]", "local", "maven-central"]


def test_the_build_and_the_launcher_name_one_sbt_version() -> None:
    properties = (toolchain.RTL_DIRECTORY / "project" / "build.properties").read_text()
    assert properties.strip() == f"sbt.version={toolchain.SBT_VERSION}"


def test_the_launcher_in_the_cache_has_the_digest_that_was_recorded() -> None:
    assert hashlib.sha256(toolchain.sbt_launcher().read_bytes()).hexdigest() == toolchain.SBT_LAUNCHER_SHA256


def test_the_verilator_environment_extends_what_is_there_once() -> None:
    once = toolchain.verilator_environment({"PATH": "/usr/bin", "MAKEFLAGS": "-s"})
    python = Path(sys.executable).parent
    assert once["PATH"].split(os.pathsep) == [f"{once['VERILATOR_ROOT']}/bin", str(python), "/usr/bin"]
    assert once["MAKEFLAGS"] == "-s CFG_CXXFLAGS_PCH_I=-include"
    assert toolchain.verilator_environment(once) == once


def test_verilator_builds_and_runs_a_simulator_in_its_environment(tmp_path: Path) -> None:
    (tmp_path / "hello.sv").write_text(
        'module hello; initial begin $display("six %0d", 2 * 3); $finish; end endmodule\n'
    )
    options = ["--binary", "--build", *toolchain.verilator_build_options(), "-Mdir", "out", "hello.sv"]
    environment = toolchain.verilator_environment()
    subprocess.run(["verilator", *options], cwd=tmp_path, env=environment, check=True, capture_output=True)
    said = subprocess.run([tmp_path / "out" / "Vhello"], check=True, capture_output=True, text=True).stdout
    assert said.startswith("six 6")


def test_the_processor_digest_is_stable_and_short() -> None:
    assert toolchain.processor_digest() == toolchain.processor_digest()
    assert len(bytes.fromhex(toolchain.processor_digest())) == 8


def test_a_folder_without_tools_is_reported_as_such(empty_machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(empty_machine, "java", 'openjdk version "17.0.1"')
    (empty_machine.parent / "cache" / "sbt").mkdir(parents=True)
    (empty_machine.parent / "cache" / "sbt" / f"sbt-launch-{toolchain.SBT_VERSION}.jar").write_bytes(b"")
    assert toolchain.main([]) == 1
    said = capsys.readouterr().out
    assert str(empty_machine / "java") in said
    assert "apt-get install make" in said


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert toolchain.main(["compile"]) == 2
    assert "usage" in capsys.readouterr().err
