"""The random programs that the suite runs on the RTL say everything that the instruction set can say."""

from tests.cosim.coverage import bins, covered, missing, suite
from tests.cosim.random_programs import random_program
from tests.cosim.test_rtl import SMALL


def test_the_suite_reaches_every_bin_that_can_be_reached() -> None:
    assert missing(suite()) == []


def test_one_program_alone_does_not() -> None:
    assert missing(covered([random_program(SMALL, 0)[0]]))


def test_every_bin_that_is_reached_exists() -> None:
    assert suite() <= set(bins())
