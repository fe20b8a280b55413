"""Energy of a run is more for more work, carries on from earlier attempts, and says how it was found."""

import pytest

from contracts.errors import InputError
from mlservice.training.footprint import FootprintMeter


def test_work_takes_energy_and_earlier_attempts_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROPRUNN_CARBON_G_PER_KWH", "250")
    with FootprintMeter() as meter:
        sum(range(2_000_000))
    used = meter.reading()
    with FootprintMeter(before_wh=100.0) as meter:
        sum(range(1000))
    after = meter.reading()
    assert used.energy_wh is not None
    assert used.co2_g is not None
    assert after.energy_wh is not None
    assert used.energy_wh > 0
    assert used.co2_g == pytest.approx(used.energy_wh * 0.25)
    assert after.energy_wh >= 100
    assert "250 g CO2 per kWh ($PROPRUNN_CARBON_G_PER_KWH)" in used.method


def test_without_a_grid_of_ones_own_the_world_average_is_taken_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROPRUNN_CARBON_G_PER_KWH", raising=False)
    with FootprintMeter() as meter:
        pass
    assert "(world average)" in meter.reading().method


@pytest.mark.parametrize("given", ["0", "-3", "nan", "much"])
def test_an_intensity_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PROPRUNN_CARBON_G_PER_KWH", given)
    with pytest.raises(InputError, match=f"PROPRUNN_CARBON_G_PER_KWH is '{given}'"):
        FootprintMeter()
