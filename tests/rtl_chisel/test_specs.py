"""Every Scala spec passes, and every module has one."""

from pathlib import Path

import pytest

from tests.rtl_chisel.scala_specs import (
    module_names,
    read_report,
    run_specs,
    source_names,
    spec_names,
)

# Modules without a spec named for them, and what tests them.
WITHOUT_SPEC = {
    "proprunn.memory.DualPortRam": "a Verilog text, simulated in ActivationBanksSpec",
    "proprunn.memory.SimpleRam": "a Verilog text, simulated in ScratchpadSpec",
    "proprunn.postprocess.RequantiserLane": "its control comes from Requantiser: RequantiserSpec compares every lane",
    "proprunn.top.ComputeUnit": "joins modules; tests/cosim runs whole programs on it",
}


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of all specs, passed or not."""
    return run_specs(tmp_path_factory.mktemp("reports"))


@pytest.mark.rtl
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("spec", spec_names())
def test_a_module_holds_to_its_spec(spec: str, reports: Path) -> None:
    report = read_report(reports, spec)
    assert report.failures == (), "\n".join(report.failures)
    assert report.tests > 0


def test_every_module_has_a_spec_or_a_reason_why_not() -> None:
    specified = {spec.removesuffix("Spec") for spec in spec_names()}
    assert module_names() - specified == set(WITHOUT_SPEC), (
        "modules without a spec are not those that WITHOUT_SPEC names"
    )


def test_every_spec_is_named_for_a_file_of_the_hardware() -> None:
    assert {spec.removesuffix("Spec") for spec in spec_names()} <= source_names()
