"""Campaigns through the client, with the real services: tables that pandas reads, pauses that lose nothing, a predictor."""

import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from proprunn import Campaign, Client, ConflictError, NotFoundError, UserError

from contracts.job import JobState
from hwservice.campaign.definition import campaign_of_wire
from hwservice.campaign.journal import records
from hwservice.jobs.campaign import rows_folder
from tests.backend.e2e.stack import SERVICE_TOKEN, Process, Stack, free_port, running_stack, until

ON = ("pynq-8x32", "edge-8x8")
TOML = """
name = "{name}"
accelerators = ["pynq-8x32", "edge-8x8"]
[[part]]
family = "plain"
count = {count}
inputs = [[1, 8, 8]]
bases = [{{ widths = [8, 12] }}]
"""


def tiny(name: str, networks: int, **part: Any) -> dict[str, Any]:
    """A campaign whose networks take milliseconds, with rows of its own in the service's cache."""
    one = {"family": "plain", "count": networks, "inputs": [[1, 8, 8]], "bases": [{"widths": [8, 12]}], **part}
    return {"name": f"{name} {secrets.token_hex(4)}", "accelerators": list(ON), "part": [one]}


def runs(campaign: Campaign) -> list[str]:
    """Every row that the service has made for a definition."""
    return [record.run for record in records(rows_folder(campaign_of_wire(dict(campaign.definition))))]


@pytest.fixture(scope="module")
def learning(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An installation with the learning service, too."""
    folder, port = tmp_path_factory.mktemp("learning"), free_port()
    address = f"http://127.0.0.1:{port}"
    with running_stack(folder, mlservice_url=address, mlservice_token=SERVICE_TOKEN) as found:
        command = [sys.executable, "-m", "mlservice", "serve", "--port", str(port), "--executor", "local"]
        environment = {**found.environment, "PROPRUNN_MLSERVICE_TOKEN": SERVICE_TOKEN}
        service = Process(command, environment, port, "/v1/health", folder / "learning.log")
        try:
            service.start()
            yield found
        finally:
            service.stop()
    del stack


@pytest.mark.rtl
@pytest.mark.slow
def test_a_score_of_networks_on_the_rtl_becomes_tables_and_a_predictor(learning: Stack, tmp_path: Path) -> None:
    token = str(learning.client().headers["Authorization"]).removeprefix("Bearer ")
    with Client(learning.backend.url, token) as client:
        project = client.create_project("a data set")
        (tmp_path / "tiny.toml").write_text(TOML.format(name=f"score {secrets.token_hex(4)}", count=20))
        priced = client.estimate_campaign(tmp_path / "tiny.toml", project)
        assert (priced["networks"], priced["rows"]) == (20, 40)
        campaign = client.submit_campaign(tmp_path / "tiny.toml", project).wait(300)
        assert campaign.success, campaign.to_mapping()
        networks, layers, card = campaign.download(tmp_path / "data")
        table, below = pd.read_parquet(networks), pd.read_parquet(layers)
        assert set(table.accelerator) == set(ON)
        assert (table.status == "done").all()
        assert set(below.run) == set(table.run)
        assert below.groupby("run").cycles.sum().to_dict() == table.set_index("run").cycles.to_dict()
        assert campaign.name in card.read_text()
        assert campaign.distributions()["rows"] == len(table)
        body = {"kind": "fit_predictor", "campaign": campaign.id, "predictor": {"name": "tiny", "kind": "linear"}}
        answer = learning.client().post(f"/projects/{project.id}/jobs", json=body)
        assert answer.status_code == 202, answer.text
        fitted = client.job(answer.json()["id"]).wait(120)
        assert fitted.success, fitted.failure
        assert set(fitted.artifacts) >= {"predictor", "card"}


def test_a_paused_campaign_goes_on_where_it_was_and_grows(client: Client, place: tuple[str, str]) -> None:
    campaign = client.submit_campaign(tiny("paused", 60), place[0], simulator="null")
    until(lambda: bool(campaign.refresh().rows), 120)
    assert campaign.distributions()["rows"] > 0
    with pytest.raises(ConflictError, match="pause it first"):
        campaign.extend(100)
    assert campaign.pause().state in ("pausing", "paused")
    assert campaign.wait(60).state == "paused"
    before = runs(campaign)
    assert 0 < len(before) < 120
    # A stop between a row and its place in the index leaves that row out until the campaign goes on.
    assert len(before) - campaign.distributions()["rows"] in (0, 1)
    with pytest.raises(NotFoundError, match="is paused and has no networks yet"):
        campaign.download()
    assert campaign.resume().wait(120).success
    after = runs(campaign)
    assert after[: len(before)] == before
    assert len(set(after)) == len(after) == campaign.rows
    assert campaign.extend(70).networks == 70
    assert campaign.wait(120).success
    assert runs(campaign)[: len(after)] == after


def test_a_cancelled_campaign_is_over_and_said_to_be(client: Client, place: tuple[str, str]) -> None:
    campaign = client.submit_campaign(tiny("cancelled", 900), place[0], name="in vain", simulator="null")
    campaign.cancel().wait(60)
    assert (campaign.state, campaign.name, campaign.success) == ("cancelled", "in vain", False)
    with pytest.raises(ConflictError, match="cancelled"):
        campaign.cancel()
    assert campaign.id in [found.id for found in client.campaigns(place[0])]
    assert client.campaign(campaign.url).job().to_mapping()["state"] == JobState.CANCELLED.value


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"count": 0}, "count is 0"),
        ({"family": "vit"}, "family 'vit' is unknown"),
        ({"bases": [{"blocks": [1]}]}, "'blocks' is unknown"),
        ({"structures": "/etc/passwd"}, "cannot read files"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_field(
    client: Client, place: tuple[str, str], wrong: dict[str, Any], words: str
) -> None:
    definition = tiny("wrong", 3, **wrong)
    for ask in (client.estimate_campaign, client.submit_campaign):
        with pytest.raises(UserError, match=words) as caught:
            ask(definition, place[0])
        assert caught.value.to_mapping()["field"] == "body.definition"


def test_a_file_that_is_no_definition_is_refused_before_anything_is_sent(client: Client, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("name = ")
    for path in (tmp_path / "wrong.toml", tmp_path / "missing.toml"):
        with pytest.raises(UserError, match="cannot be read"):
            client.submit_campaign(path, "any")


def test_whoever_is_no_member_sees_no_campaign(client: Client, place: tuple[str, str], stack: Stack) -> None:
    campaign = client.submit_campaign(tiny("private", 3), place[0], simulator="null")
    stranger = stack.client("stranger@example.org")
    body = {"definition": tiny("theirs", 3)}
    answers = [stranger.get(f"/campaigns/{campaign.id}{part}") for part in ("", "/distributions")]
    answers += [stranger.post(f"/campaigns/{campaign.id}/{verb}") for verb in ("pause", "resume", "cancel")]
    answers += [stranger.post(f"/projects/{place[0]}/campaigns{part}", json=body) for part in ("", "/estimate")]
    assert {answer.status_code for answer in answers} == {404}
