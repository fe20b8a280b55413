"""Objects of the specs' simulators are compiled once per text."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hwservice.toolchain import RTL_DIRECTORY, cxx

COMPILE_ONCE = RTL_DIRECTORY.parent / "tests/rtl_chisel/compile_once.py"


@pytest.fixture
def counting_compiler(tmp_path: Path) -> Path:
    """A compiler that notes each compilation (not the preprocessing) in `compilations`."""
    script = tmp_path / "counting-c++"
    script.write_text(
        f'#!/bin/sh\ncase "$*" in *-E*) ;; *) echo x >> {tmp_path}/compilations ;; esac\nexec {cxx()} "$@"\n'
    )
    script.chmod(0o755)
    return script


def compile_with(compiler: Path, source: Path, *options: str) -> bytes:
    """The object that comes of a compilation through the cache, which lies beside the compiler."""
    output = source.with_suffix(".o")
    output.unlink(missing_ok=True)
    command = [sys.executable, str(COMPILE_ONCE), str(compiler), *options, "-MMD", "-c", "-o", str(output), str(source)]
    environment = os.environ | {"PROPRUNN_CACHE": str(compiler.parent), "PYTHONPATH": str(RTL_DIRECTORY.parent)}
    subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
    return output.read_bytes()


def write(folder: Path, text: str) -> Path:
    """A source file in a folder of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "unit.cpp").write_text(text)
    return folder / "unit.cpp"


def test_the_same_text_in_two_folders_is_compiled_once(tmp_path: Path, counting_compiler: Path) -> None:
    text = "#define TWO 2\nint two() { return TWO; }\n"
    first = compile_with(counting_compiler, write(tmp_path / "a", text), "-Os")
    again = compile_with(counting_compiler, write(tmp_path / "b", text), "-Os")
    assert first == again
    assert (tmp_path / "compilations").read_text().count("x") == 1


@pytest.mark.parametrize(("text", "options"), [("int f() { return 2; }", "-Os"), ("int f() { return 1; }", "-O0")])
def test_another_text_or_option_is_compiled_anew(
    text: str, options: str, tmp_path: Path, counting_compiler: Path
) -> None:
    compile_with(counting_compiler, write(tmp_path / "a", "int f() { return 1; }"), "-Os")
    compile_with(counting_compiler, write(tmp_path / "a", text), options)
    assert (tmp_path / "compilations").read_text().count("x") == 2


def test_a_text_that_does_not_compile_fails_each_time(tmp_path: Path, counting_compiler: Path) -> None:
    for _ in range(2):
        with pytest.raises(subprocess.CalledProcessError):
            compile_with(counting_compiler, write(tmp_path / "a", "int f( {"))
    assert (tmp_path / "compilations").read_text().count("x") == 2
