"""Builds the accelerator for cocotb (cached by content) and runs cocotb tests in it."""

import os
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import cocotb
from cocotb_tools.check_results import get_results
from cocotb_tools.config import libs_dir
from cocotb_tools.runner import get_runner

from contracts.accelerator import Accelerator
from hwservice.content_cache import cached_folder, digest_of
from hwservice.elaborate import elaborate
from hwservice.toolchain import verilator_environment

TOP = "Accelerator"
_BUILD = ("-O3", "--assert", "-Wno-fatal", "-Wno-WIDTH", "--x-assign", "fast", "--x-initial", "fast")


def build_for_cocotb(accelerator: Accelerator) -> Path:
    """The folder of the Verilated model; the RTL's own assertions are in it.

    Raises:
        ToolError: sbt, Verilator or the C++ compiler failed.
    """
    verilog = elaborate(accelerator, assertions=True)
    digest = digest_of([cocotb.__version__, str(libs_dir), *_BUILD, verilog])

    def build(folder: Path) -> None:
        with patch.dict(os.environ, verilator_environment()):
            runner = get_runner("verilator")
            runner.build(
                sources=[verilog],
                hdl_toplevel=TOP,
                build_dir=folder,
                build_args=list(_BUILD),
                timescale=("1ns", "1ps"),
                log_file=folder / "build.log",
            )

    return cached_folder("cocotb", digest, build)


def run_cocotb(accelerator: Accelerator, module: str, tests: str, folder: Path) -> None:
    """Run the cocotb tests of a module whose names match a regular expression; fail with the simulator's log.

    Args:
        accelerator: the hardware under test.
        module: dotted name of the module with the cocotb tests.
        tests: regular expression over their names.
        folder: where log and results go.
    """
    built = build_for_cocotb(accelerator)
    log = folder / "cocotb.log"
    results = folder / "results.xml"
    with (
        patch.dict(os.environ, verilator_environment()),
        suppress(SystemExit),
    ):  # how the runner says that a test failed
        get_runner("verilator").test(
            test_module=module,
            hdl_toplevel=TOP,
            hdl_toplevel_lang="verilog",
            build_dir=built,
            test_dir=folder,
            test_filter=tests,
            results_xml=str(results),
            log_file=log,
        )
    assert results.is_file(), log.read_text()[-4000:]
    ran, failed = get_results(results)
    assert ran > 0, f"no cocotb test of {module} is named {tests}"
    assert failed == 0, log.read_text()[-4000:]
