"""The sample of the data set that the repository carries."""

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from contracts.dataset import LAYER_COLUMNS, NETWORK_COLUMNS, accelerator_of
from contracts.structure import Structure
from contracts.structure.facts import facts_of

FOLDER = Path("datasets/sample")


@pytest.mark.parametrize(("name", "columns"), [("networks", NETWORK_COLUMNS), ("layers", LAYER_COLUMNS)])
def test_it_is_of_the_contracts_form_and_as_its_card_says(name: str, columns: tuple[object, ...]) -> None:
    file = FOLDER / f"{name}.parquet"
    assert pq.read_schema(file).names == [column.name for column in columns]  # type: ignore[attr-defined]  # Columns
    assert hashlib.sha256(file.read_bytes()).hexdigest() in (FOLDER / "DATACARD.md").read_text()


def test_its_structures_are_what_its_layers_were_made_of() -> None:
    networks = pd.read_parquet(FOLDER / "networks.parquet")
    layers = pd.read_parquet(FOLDER / "layers.parquet")
    some = networks[(networks.vector_density == 1) & (networks.status == "done")].iloc[::23]
    for row in some.to_dict("records"):
        found = facts_of(Structure.from_json(row["spec"]), accelerator_of(row))
        kept = layers[(layers.run == row["run"]) & layers.bands.notna()]
        for name in ("filters", "channels", "height", "width", "vectors"):
            assert found.columns[name][0].tolist() == kept[name].tolist(), (row["base"], name)
