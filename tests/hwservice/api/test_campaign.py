"""A campaign as a job of the service, on the fast twin."""

import io
import secrets
from typing import Any

import pandas as pd
import pytest

from tests.hwservice.api.conftest import Running

OF_THIS_RUN = secrets.token_hex(4)
"""A campaign's rows stay in the cache: one of an earlier run has them all already."""


def body(count: int, **part: Any) -> dict[str, Any]:
    one = {"family": "plain", "count": count, "inputs": [[1, 8, 8]], "bases": [{"widths": [4, 8]}], **part}
    definition = {"name": f"by job {OF_THIS_RUN}", "accelerators": ["pynq-8x32"], "part": [one]}
    return {"kind": "campaign", "options": {"definition": definition, "simulator": "null", "workers": 1}}


def test_a_campaign_leaves_its_tables_and_an_extended_one_goes_on_from_them(running: Running) -> None:
    assert running.client.put("/v1/jobs/campaign/attempts/1", json=body(3)).status_code == 201
    done = running.wait("campaign")
    assert done["state"] == "completed", done
    assert done["result"]["failures"] == 0
    assert set(done["artifacts"]) == {"networks", "layers", "card"}
    table = pd.read_parquet(io.BytesIO(running.client.get(done["artifacts"]["networks"]["url"]).content))
    assert running.client.put("/v1/jobs/extended/attempts/1", json=body(6)).status_code == 201
    more = running.wait("extended")
    grown = pd.read_parquet(io.BytesIO(running.client.get(more["artifacts"]["networks"]["url"]).content))
    assert list(grown.run[: len(table)]) == list(table.run)
    assert len(grown) > len(table)
    events = running.client.get("/v1/jobs/extended/events").json()["items"]
    phases = [event["data"]["phase"] for event in events if event["kind"] == "progress"]
    assert phases[0] == "build"
    assert phases[-1] == "export"
    assert "simulate" in phases


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"count": 0}, "count is 0"),
        ({"count": 10**9}, "count is"),
        ({"structures": "/etc/passwd"}, "cannot read files"),
        ({"bases": [{"blocks": [1]}]}, "'blocks' is unknown"),
        ({"bases": [{"widths": [10**9]}]}, "out of range"),
        ({"bases": [{"widths": [4] * 5000}]}, "one more than"),
        ({"bases": 7}, "must be a list"),
        ({"inputs": [[1, 8]]}, "height, width"),
    ],
)
def test_a_wrong_definition_is_refused_before_anything_starts(
    running: Running, wrong: dict[str, Any], problem: str
) -> None:
    answer = running.client.put("/v1/jobs/wrong/attempts/1", json=body(**{"count": 3, **wrong}))
    assert answer.status_code == 422
    assert problem in answer.text


def test_a_campaign_is_priced_before_it_starts_and_looked_at_when_it_ran(running: Running) -> None:
    definition = body(4)["options"]["definition"]
    priced = running.client.post("/v1/campaigns/estimate", json={"definition": definition})
    assert priced.status_code == 200, priced.text
    found = priced.json()
    assert (found["networks"], found["rows"], found["processors"] >= 1) == (4, 4, True)
    assert found["minutes"] == pytest.approx(sum(part["minutes"] for part in found["parts"]))
    running.client.put("/v1/jobs/looked-at/attempts/1", json=body(4))
    done = running.wait("looked-at")
    rows = running.client.post("/v1/campaigns/rows", json={"definition": definition}).json()
    assert (rows["rows"], rows["failures"]) == (done["result"]["rows"], 0)
    assert rows["families"] == ["plain"]


@pytest.mark.parametrize("place", ["estimate", "rows"])
@pytest.mark.parametrize(
    ("wrong", "problem"), [({"count": 0}, "count is 0"), ({"family": "vit"}, "family 'vit' is unknown")]
)
def test_a_wrong_definition_is_refused_when_it_is_asked_about(
    running: Running, place: str, wrong: dict[str, Any], problem: str
) -> None:
    definition = body(**{"count": 3, **wrong})["options"]["definition"]
    answer = running.client.post(f"/v1/campaigns/{place}", json={"definition": definition})
    assert answer.status_code == 422
    assert problem in answer.json()["detail"]
