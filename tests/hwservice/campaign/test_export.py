"""The tables of a campaign on the fast twin."""

import hashlib

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from contracts.dataset import LAYER_COLUMNS, NETWORK_COLUMNS, SPLITS, accelerator_of
from contracts.errors import InputError
from contracts.structure import Structure
from hwservice.campaign.card import CARD, Exported
from hwservice.campaign.export import export
from hwservice.campaign.runner import run_campaign
from hwservice.campaign.splits import alike, widths_of
from hwservice.campaign.verify import verify
from tests.hwservice.campaign.small import small


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    folder = tmp_path_factory.mktemp("campaign")
    run_campaign(small(folder, 30, 10), folder / "out", workers=2, simulator="null")
    return export(folder / "out", folder / "tables", "null")


def tables(exported: Exported) -> tuple[pd.DataFrame, pd.DataFrame]:
    return tuple(pd.read_parquet(exported.folder / f"{name}.parquet") for name in ("networks", "layers"))


def test_tables_have_the_columns_of_the_contract_with_unit_and_origin(exported: Exported) -> None:
    for name, columns in (("networks", NETWORK_COLUMNS), ("layers", LAYER_COLUMNS)):
        schema = pq.read_schema(exported.folder / f"{name}.parquet")
        assert schema.names == [column.name for column in columns]
        assert schema.field("cycles").metadata[b"unit"] == b"cycles"
        assert b"RTL" in schema.field("cycles").metadata[b"origin"]


def test_layers_add_up_to_their_network(exported: Exported) -> None:
    networks, layers = tables(exported)
    sums = layers.groupby("run")[["cycles", "energy_mj", "issued", "drains"]].sum()
    joined = networks.set_index("run").join(sums.add_suffix("_layers"))
    assert np.array_equal(joined.cycles, joined.cycles_layers)
    assert np.array_equal(joined.drains, joined.drains_layers)
    assert np.allclose(joined.energy_mj, joined.energy_mj_layers)


def test_a_row_rebuilds_its_network_and_accelerator(exported: Exported) -> None:
    networks, _ = tables(exported)
    for row in networks.to_dict("records")[:5]:
        assert Structure.from_json(row["spec"]).digest == row["structure"]
        assert accelerator_of(row).name == row["accelerator"]


def test_no_network_and_no_near_duplicate_is_on_both_sides_of_a_split(exported: Exported) -> None:
    networks, _ = tables(exported)
    for split in ("random", "width", "accelerator"):
        sides = {side: networks[networks[f"split_{split}"] == side] for side in ("train", "test")}
        assert not set(sides["train"].group) & set(sides["test"].group), split
        for _, row in sides["test"].drop_duplicates("structure").iterrows():
            same = sides["train"][sides["train"].base == row.base].drop_duplicates("structure")
            widths = [widths_of(Structure.from_json(spec)) for spec in same.spec]
            if widths:
                assert not alike(np.asarray(widths_of(Structure.from_json(row.spec))), np.asarray(widths)).any(), split


def test_held_out_rows_are_judged_on_and_never_learnt_from(exported: Exported) -> None:
    networks, _ = tables(exported)
    assert set(networks[networks.family == "densenet"].split_family) == {"test"}
    assert set(networks[networks.split_accelerator == "test"].accelerator) == {"edge-8x8"}
    assert "edge-8x8" not in set(networks[networks.split_accelerator == "train"].accelerator)
    assert networks.split_input.isna().all()


def test_the_card_is_made_of_the_data(exported: Exported) -> None:
    card = (exported.folder / CARD).read_text()
    networks, layers = tables(exported)
    assert f"{len(networks):,} rows" in card
    assert f"{len(layers):,} rows of layers" in card
    for name, digest in exported.files.items():
        assert hashlib.sha256((exported.folder / name).read_bytes()).hexdigest() == digest
        assert digest in card
    assert all(f"`{column.name}`" in card for column in (*NETWORK_COLUMNS, *LAYER_COLUMNS))
    assert all(f"`split_{name}`" in card for name in SPLITS)
    assert "CC-BY-4.0" in card


def test_rows_are_simulated_again_bit_for_bit(exported: Exported) -> None:
    verdict = verify(exported.folder.parent / "out", 4, simulator="null")
    assert verdict.compared == 4
    assert not verdict.different


def test_rows_of_other_code_are_not_mixed_in(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwservice.campaign.export.places_of", lambda *_: ())
    with pytest.raises(InputError, match="run the campaign first"):
        export(exported.folder.parent / "out", exported.folder / "elsewhere")
