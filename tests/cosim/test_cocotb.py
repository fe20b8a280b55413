"""The accelerator under cocotb: every cocotb test of `cocotb_programs.py`, one simulation each."""

from pathlib import Path

import pytest

from tests.cosim.test_rtl import SMALL
from tests.cosim.testbench.simulator import run_cocotb

pytestmark = pytest.mark.rtl


@pytest.mark.parametrize("name", ["a_program_equals_the_interpreter"])
def test_under_cocotb(name: str, tmp_path: Path) -> None:
    run_cocotb(SMALL, "tests.cosim.cocotb_programs", name, tmp_path)
