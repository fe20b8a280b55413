"""A campaign on the RTL itself."""

from pathlib import Path

import pandas as pd
import pytest

from hwservice.campaign.export import export
from hwservice.campaign.runner import run_campaign
from hwservice.campaign.verify import verify
from tests.hwservice.campaign.small import small


@pytest.mark.rtl
@pytest.mark.slow
def test_rows_come_from_the_rtl_equal_the_golden_model_and_can_be_made_again(tmp_path: Path) -> None:
    run_campaign(small(tmp_path, 6, 6), tmp_path / "out", workers=2)
    export(tmp_path / "out")
    networks = pd.read_parquet(tmp_path / "out" / "networks.parquet")
    assert set(networks.status) == {"done"}
    assert networks.bit_exact.all()
    stalls = networks[[name for name in networks if name.startswith("stall_")]].sum(axis=1)
    assert (networks.cycles == networks.issued + stalls).all()
    off = networks.expert_cycles / networks.cycles - 1
    assert off.between(-0.5, 0.1).all(), "of a thousand cycles, most are start, end and loads that nothing hides"
    assert not verify(tmp_path / "out", 4).different
