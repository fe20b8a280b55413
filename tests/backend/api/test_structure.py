"""Networks as graphs, their estimates, two of them side by side."""

from typing import Any

import pytest

from backend.accounts.models import User
from backend.jobs.models import Job
from backend.workspace.models import Network, NetworkVersion
from backend.workspace.structure import aligned
from contracts.job import JobState
from tests.backend.conftest import ClientOf


def layer(name: str, operator: str = "conv", channels: int = 8) -> dict[str, Any]:
    return {
        **{"name": name, "operator": operator, "inputs": [], "adds": [], "channels_in": 3, "channels": channels},
        **{"height": 4, "width": 4, "kernel": [3, 3], "stride": [1, 1], "dilation": [1, 1], "pads": [1, 1, 1, 1]},
        **{"groups": 1, "macs": 100 * channels, "parameters": 10 * channels, "nodes": name},
    }


@pytest.fixture
def version(network: Network) -> NetworkVersion:
    found = NetworkVersion.objects.get(network=network)
    found.facts |= {"graph": [layer("conv1"), layer("fc", "dense")]}
    found.save()
    return found


def pairs(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> list[tuple[str | None, str | None]]:
    return [(pair.a["name"] if pair.a else None, pair.b["name"] if pair.b else None) for pair in aligned(a, b)]


def test_layers_are_aligned_by_name_and_between_names_by_operator() -> None:
    a = [layer("conv1"), layer("old"), layer("pool", "max pool"), layer("fc", "dense")]
    b = [layer("conv1"), layer("new"), layer("extra", "depthwise"), layer("pool", "max pool"), layer("fc", "dense")]
    assert pairs(a, b) == [("conv1", "conv1"), ("old", "new"), (None, "extra"), ("pool", "pool"), ("fc", "fc")]
    assert pairs(a, []) == [(name, None) for name in ("conv1", "old", "pool", "fc")]


def test_a_pair_says_what_was_kept() -> None:
    pair = aligned([layer("conv1", channels=16)], [layer("conv1", channels=12)])[0]
    assert pair.kept == {"channels": 0.75, "macs": 0.75, "parameters": 0.75}
    assert aligned([layer("conv1")], [])[0].kept["macs"] is None


def test_the_graph_is_there_for_members_and_lists_stay_small(
    version: NetworkVersion, viewer: User, stranger: User, client_of: ClientOf
) -> None:
    path = f"/api/v1/networks/{version.network_id}/versions/1"
    graph = client_of(viewer).get(f"{path}/graph").json()
    assert [one["name"] for one in graph["layers"]] == ["conv1", "fc"]
    assert (graph["macs"], graph["parameters"]) == (1600, 160)
    assert "graph" not in client_of(viewer).get(path).json()["facts"]
    assert client_of(stranger).get(f"{path}/graph").status_code == 404


def test_an_estimate_is_computed_once_for_each_accelerator(
    version: NetworkVersion, editor: User, viewer: User, client_of: ClientOf
) -> None:
    path = f"/api/v1/networks/{version.network_id}/versions/1/estimate"
    api = client_of(editor)
    first = api.post(path).json()
    assert (first["kind"], first["accelerator_name"]) == ("compile", "pynq-8x32")
    assert api.post(path).json()["id"] == first["id"]
    assert api.post(path, {"accelerator": "edge-8x8"}).json()["id"] != first["id"]
    Job.objects.filter(pk=first["id"]).update(state=JobState.FAILED.value)
    assert api.post(path).json()["id"] != first["id"]
    assert api.post(path, {"accelerator": "none"}).json()["field"] == "body.accelerator"
    assert client_of(viewer).post(path).status_code == 403


def test_a_name_that_another_network_has_is_refused_as_taken(
    network: Network, editor: User, client_of: ClientOf
) -> None:
    Network.objects.create(project=network.project, name="other", created_by=editor)
    answer = client_of(editor).patch(f"/api/v1/networks/{network.pk}", {"name": "other"})
    assert (answer.status_code, answer.json()["field"], answer.json()["value"]) == (409, "body.name", "other")
    assert client_of(editor).patch(f"/api/v1/networks/{network.pk}", {"name": "small"}).status_code == 200


def test_versions_side_by_side(version: NetworkVersion, viewer: User, stranger: User, client_of: ClientOf) -> None:
    pruned = NetworkVersion.objects.get(pk=version.pk)
    pruned.pk, pruned.number = "ver_pruned", 2
    pruned.facts = pruned.facts | {"graph": [layer("conv1", channels=4), layer("fc", "dense")]}
    pruned.save(force_insert=True)
    path = f"/api/v1/networks/diff?a={version.pk}&b={pruned.pk}"
    found = client_of(viewer).get(path).json()
    assert [row["kept"]["channels"] for row in found["layers"]] == [0.5, 1]
    assert found["totals"]["macs"] == {"a": 1600, "b": 1200}
    assert client_of(stranger).get(path).status_code == 404
