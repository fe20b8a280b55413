"""The accelerator under cocotb: the cocotb tests of `cocotb_programs.py`, a simulation per name."""

from pathlib import Path

import pytest

from tests.cosim.test_rtl import SMALL
from tests.cosim.testbench.simulator import run_cocotb

pytestmark = pytest.mark.rtl


@pytest.mark.parametrize(
    "name",
    [
        "every_cycle_is_that_of_the_harness",
        "programs_follow_each_other_without_reset",
        "stalls_of_one_channel_change_nothing_but_time",
        "a_reset_in_the_middle_leaves_a_machine_that_works",
        "random_programs_equal_the_interpreter",
        "broken_programs_end_with_their_fault",
    ],
)
def test_under_cocotb(name: str, tmp_path: Path) -> None:
    run_cocotb(SMALL, "tests.cosim.cocotb_programs", name, tmp_path)
