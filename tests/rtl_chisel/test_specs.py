"""Every Scala spec passes."""

from pathlib import Path

import pytest

from tests.rtl_chisel.scala_specs import SpecsFailedError, read_report, run_specs, spec_names


@pytest.fixture(scope="session")
def reports() -> Path:
    """The reports of all specs, passed or not."""
    try:
        return run_specs()
    except SpecsFailedError as failed:
        return failed.reports


@pytest.mark.rtl
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("spec", spec_names())
def test_a_module_holds_to_its_spec(spec: str, reports: Path) -> None:
    report = read_report(reports, spec)
    assert report.failures == (), "\n".join(report.failures)
    assert report.tests > 0
