"""What the pages of training sessions ask of the database: the same however many there are."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.accounts.models import User
from backend.clients import current
from backend.jobs.models import Job, JobEvent
from backend.workspace.models import Network, NetworkVersion
from contracts.job import JobKind, JobState
from tests.backend.api.world import Hardware
from tests.backend.conftest import SignedIn
from tests.backend.pages.conftest import Asked

QUERIES = {
    "prune": 6,
    "pareto": 8,
    "session": 11,
    "panel": 8,
    "story": 6,
    "compare": 8,
    "table": 5,
    "network": 15,
    "new": 7,
    "train": 5,
    "sweep": 6,
    "sweep-page": 10,
    "sweep-panel": 7,
    "sweep-runs": 6,
    "reachable": 3,
}
KEPT = {"stem": {"filters": 8, "density": 0.5}}
RESULT = {
    **dict.fromkeys(("dense_predicted_latency_ms", "dense_predicted_energy_mj", "predicted_latency_ms"), 1.5),
    **dict.fromkeys(("predicted_energy_mj", "measured_latency_ms", "measured_energy_mj"), 1.5),
    **dict.fromkeys(("accuracy_int8", "accuracy_float", "accuracy_dense"), 0.9),
    **{"data": "digits", "accelerator": "edge-8x8", "params": 1200, "macs": 34000, "bit_exact": True, "kept": KEPT},
    **{"train_energy_wh": 0.5, "train_co2_g": 0.2, "footprint_method": "measured", "wall_s": 12.0},
}
OPTIONS = {"network": "plain", "data": "digits", "epochs": 2, "method": "priced-gates", "latency_ms": 1.5}


def sessions(job: Job, count: int) -> list[Job]:
    """As many completed ones like the editor's job."""
    made = []
    for number in range(count):
        one = Job.objects.get(pk=job.pk)
        one.pk, one.kind, one.state, one.result = (
            f"job_s{number:02}",
            JobKind.PRUNE.value,
            JobState.COMPLETED.value,
            RESULT,
        )
        one.options = {**OPTIONS, "seed": number}
        one.save(force_insert=True)
        JobEvent.objects.create(
            job=one, project=job.project, sequence=2, number=100 + number, attempt=1, kind="metrics",
            data={"share": 0.5, "step": 1, "steps": 2, "loss": 2.0, "learning_rate": 0.1},
        )  # fmt: skip
        made.append(one)
    return made


@pytest.mark.parametrize("count", [2, 8])
def test_a_page_asks_as_often_however_many_sessions_there_are(job: Job, editor: User, asked: Asked, count: int) -> None:
    made = sessions(job, count)
    of_project = f"/projects/{job.project_id}"
    asked(editor, f"{of_project}/prune", QUERIES["prune"])
    page = asked(editor, f"{of_project}/pareto", QUERIES["pareto"]).decode()
    assert page.count('name="job"') == count
    page = asked(editor, f"/sessions/{made[0].pk}", QUERIES["session"]).decode()
    assert page.count('<a href="/sessions/job_s') == count
    asked(editor, f"/sessions/{made[0].pk}/panel", QUERIES["panel"])
    assert b"2 nats" in asked(editor, f"/sessions/{made[0].pk}/story", QUERIES["story"])
    table = asked(editor, f"{of_project}/pareto.csv", QUERIES["table"]).decode()
    assert len(table.splitlines()) == count + 1
    asked(editor, f"{of_project}/pareto/compare?jobs={made[0].pk},{made[1].pk}", QUERIES["compare"])


@pytest.mark.parametrize("count", [1, 5])
def test_a_lineage_is_read_at_once(job: Job, network: Network, editor: User, asked: Asked, count: int) -> None:
    for number, made in enumerate(sessions(job, count), 2):
        row = NetworkVersion.objects.get(network=network, number=1)
        row.pk, row.number, row.parent_id, row.how, row.made_by = f"ver_{number}", number, row.pk, "pruned", made.pk
        row.save(force_insert=True)
    page = asked(editor, f"/networks/{network.pk}", QUERIES["network"]).decode()
    assert page.count(">what changed<") >= count


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A service that knows what there is to choose from, and what is reachable."""
    monkeypatch.setattr(current, "ServiceClient", Hardware)
    current.learning_service.cache_clear()
    yield
    current.learning_service.cache_clear()


@pytest.mark.usefixtures("learning")
@pytest.mark.parametrize("count", [1, 6])
def test_the_form_asks_as_often_however_many_sessions_it_offers(
    job: Job, editor: User, asked: Asked, count: int
) -> None:
    sessions(job, count)
    page = asked(editor, f"/projects/{job.project_id}/prune/new?epochs=3", QUERIES["new"]).decode()
    assert 'name="epochs" type="number" value="3"' in page
    asked(editor, f"/projects/{job.project_id}/train/new", QUERIES["train"])
    asked(editor, f"/projects/{job.project_id}/pareto/new", QUERIES["sweep"])
    asked(editor, f"/projects/{job.project_id}/prune/reachable?network=resnet8", QUERIES["reachable"])


@pytest.mark.usefixtures("learning")
def test_what_was_typed_is_kept_where_a_budget_is_below_the_least(job: Job, editor: User, signed_in: SignedIn) -> None:
    typed = {"network": "resnet8", "data": "digits", "accelerator": "edge-8x8", "cost": "expert", "seed": "7"}
    given = {**typed, "method": "priced-gates", "epochs": "2", "bound": "latency_ms", "latency_ms": "1e-9"}
    page = signed_in(editor).post(f"/projects/{job.project_id}/prune/new", given).content.decode()
    assert "below the least that is reachable" in page
    assert 'name="seed" type="number" value="7"' in page
    wrong = signed_in(editor).post(f"/projects/{job.project_id}/prune/new", {**given, "epochs": "many"}).content
    assert b"no whole number" in wrong


@pytest.mark.usefixtures("learning")
def test_the_form_queues_a_session_and_another_starts_from_it(job: Job, editor: User, signed_in: SignedIn) -> None:
    given = {"network": "resnet8", "data": "digits", "accelerator": "edge-8x8", "cost": "expert", "seed": "7"}
    given |= {"method": "priced-gates", "epochs": "2", "bound": "energy_mj", "latency_ms": "9", "energy_mj": "50"}
    browser = signed_in(editor)
    answer = browser.post(f"/projects/{job.project_id}/prune/new", given)
    made = Job.objects.get(kind=JobKind.PRUNE.value)
    assert answer["Location"] == f"/sessions/{made.pk}"
    assert (made.options["latency_ms"], made.options["energy_mj"], made.options["seed"]) == (None, 50, 7)
    page = browser.get(f"/projects/{job.project_id}/prune/new?like={made.pk}").content.decode()
    assert '<input type="hidden" name="energy_mj" value="50.0">' in page
    assert '<option value="edge-8x8" selected>' in page


@pytest.mark.usefixtures("learning")
def test_a_network_is_trained_as_it_is_by_its_form(job: Job, editor: User, signed_in: SignedIn) -> None:
    browser, place = signed_in(editor), f"/projects/{job.project_id}/train/new"
    given = {
        "network": "resnet8",
        "data": "digits",
        "epochs": "2",
        "seed": "7",
        "validation_share": "0",
        "name": "whole",
    }
    answer = browser.post(place, given)
    made = Job.objects.get(kind=JobKind.TRAIN.value)
    assert answer["Location"] == f"/sessions/{made.pk}"
    assert (made.name, made.options["seed"], made.options["validation_share"]) == ("whole", 7, 0)
    again = browser.get(f"{place}?like={made.pk}").content.decode()
    assert 'name="seed" type="number" value="7"' in again
    wrong = browser.post(place, {**given, "epochs": "0", "seed": "3"}).content.decode()
    assert '<a href="#field-epochs">epochs</a>: Epochs is 0. Likely fix: give 1 to 1000.' in wrong
    assert 'name="seed" type="number" value="3"' in wrong


SWEEP = {"network": "resnet8", "data": "digits", "accelerator": "edge-8x8", "cost": "expert", "epochs": "2"}
SWEEP |= {"unit": "shares", "budgets": "0.5 0.25", "seeds": "0, 1", "side_by_side": "2"}


@pytest.mark.usefixtures("learning")
@pytest.mark.parametrize(
    ("unit", "budgets", "option"),
    [("shares", "0.5, 0.25", "shares"), ("budgets_ms", "0.2", "budgets_ms"), ("budgets_mj", "0.4 0.3", "budgets_mj")],
)
def test_a_sweep_is_ordered_by_its_form_in_each_unit(
    job: Job, editor: User, signed_in: SignedIn, unit: str, budgets: str, option: str
) -> None:
    browser, place = signed_in(editor), f"/projects/{job.project_id}/pareto/new"
    methods = ["priced-gates", "uniform-aligned"]
    browser.post(place, {**SWEEP, "methods": methods, "unit": unit, "budgets": budgets})
    made = Job.objects.get(kind=JobKind.PARETO.value)
    assert made.options[option] == [float(one) for one in budgets.replace(",", " ").split()]
    assert (made.options["methods"], made.options["seeds"], made.options["side_by_side"]) == (methods, [0, 1], 2)
    again = browser.get(f"{place}?like={made.pk}").content.decode()
    assert f'<option value="{unit}" selected>' in again
    assert 'name="seeds" type="text" value="0, 1"' in again


@pytest.mark.usefixtures("learning")
@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"budgets": "1.5"}, "budgets", "A share is 1.5. Likely fix: give shares above 0, up to 1"),
        ({"budgets": "0.001"}, "budgets", "below the least that is reachable, 0.02501"),
        ({"unit": "budgets_mj", "budgets": "0.001"}, "budgets", "below the least that is reachable, 0.02001"),
        ({"budgets": "half"}, "budgets", "&#x27;half&#x27; is no number"),
        ({"budgets": " "}, "budgets", "give one number, or several"),
        ({"seeds": "0, 1.5"}, "seeds", "&#x27;1.5&#x27; is no whole number"),
        ({"seeds": "-1"}, "seeds", "Seeds is -1. Likely fix: give 0 to"),
        ({"methods": []}, "methods", "give at least one of each"),
        ({"unit": "hours"}, "unit", "is no way to give budgets"),
        ({"epochs": "0"}, "epochs", "Epochs is 0. Likely fix: give 1 to 1000."),
    ],
)
def test_what_is_wrong_with_a_sweep_is_said_at_its_field(
    job: Job, editor: User, signed_in: SignedIn, wrong: dict[str, Any], field: str, words: str
) -> None:
    given = {**SWEEP, "methods": ["priced-gates"], **wrong}
    page = signed_in(editor).post(f"/projects/{job.project_id}/pareto/new", given).content.decode()
    line = page[page.index("Not submitted") :].partition("</section>")[0]
    assert f'<a href="#field-{field}">' in line
    assert words in line
    assert not Job.objects.filter(kind=JobKind.PARETO.value).exists()


def test_runs_of_a_sweep_stand_among_the_sessions_also_while_it_goes_on(
    job: Job, editor: User, signed_in: SignedIn
) -> None:
    (one,) = sessions(job, 1)
    sweep = Job.objects.get(pk=job.pk)
    sweep.pk, sweep.kind, sweep.state = "job_sweep", JobKind.PARETO.value, JobState.RUNNING.value
    sweep.options = {name: OPTIONS[name] for name in ("network", "data", "epochs")}
    sweep.save(force_insert=True)
    for number, mark in enumerate(("started", "done"), 2):
        told = {"share": 0.5, "run": "plain-1", "mark": mark, "method": "swd", "budget": "latency-0.5", "seed": 3}
        JobEvent.objects.create(
            job=sweep, project=job.project, sequence=number, number=200 + number, attempt=1, kind="run",
            data={**told, "figures": RESULT if mark == "done" else {}},
        )  # fmt: skip
    page = signed_in(editor).get(f"/projects/{job.project_id}/pareto?network=plain").content.decode()
    assert page.count('name="job"') == 2
    assert 'value="job_sweep:plain-1"' in page
    assert "0.5 of dense" in page
    address = f"/projects/{job.project_id}/pareto/compare?job=job_sweep:plain-1&job={one.pk}"
    compared = signed_in(editor).get(address).content.decode()
    assert "8 of 8" in compared
    missing = signed_in(editor).get(f"/projects/{job.project_id}/pareto/compare?jobs=job_x")
    assert "no completed session" in missing.content.decode()


RECORDED = Path(__file__).parents[2] / "frontend/data/sessions/sweep.json"


@pytest.fixture
def sweep(job: Job) -> Job:
    """One of real sessions, two thirds of which was told."""
    recorded = json.loads(RECORDED.read_text())
    made = Job.objects.get(pk=job.pk)
    made.pk, made.kind, made.state = "job_sweep", JobKind.PARETO.value, JobState.RUNNING.value
    made.options, made.accelerator_name, made.last_event = recorded["options"], "pynq-8x32", 11
    made.order = {"files": [], "body": {"kind": made.kind, "options": made.options}}
    made.save(force_insert=True)
    for number, (kind, told) in enumerate(recorded["events"][:10], 2):
        JobEvent.objects.create(
            job=made, project=job.project, sequence=number, number=200 + number, attempt=1, kind=kind, data=told
        )
    return made


def test_a_sweep_shows_its_runs_and_the_front_so_far(sweep: Job, editor: User, asked: Asked) -> None:
    page = asked(editor, f"/sweeps/{sweep.pk}", QUERIES["sweep-page"]).decode()
    assert "2 of 5 done" in page
    assert page.count('class="badge queued"') == 2
    assert page.count('class="badge running"') == 2  # the job's own and one run's
    asked(editor, f"/sweeps/{sweep.pk}/panel", QUERIES["sweep-panel"])
    runs = asked(editor, f"/sweeps/{sweep.pk}/runs", QUERIES["sweep-runs"]).decode()
    assert "2 of 5 runs are done" in runs
    listed = asked(editor, f"/projects/{sweep.project_id}/pareto", QUERIES["pareto"]).decode()
    assert f'href="/sweeps/{sweep.pk}"' in listed


def test_runs_that_were_going_when_a_sweep_was_cancelled_are_cancelled(
    sweep: Job, editor: User, signed_in: SignedIn
) -> None:
    Job.objects.filter(pk=sweep.pk).update(state=JobState.CANCELLED.value)
    page = signed_in(editor).get(f"/sweeps/{sweep.pk}").content.decode()
    assert page.count('class="badge cancelled"') == 4  # the job's own and three runs'
    assert ">Go on</button>" in page


def test_a_completed_sweep_shows_what_its_runs_say_together_and_what_became_of_their_networks(
    sweep: Job, network: Network, editor: User, asked: Asked
) -> None:
    result = json.loads(RECORDED.read_text())["result"]
    dense = NetworkVersion.objects.get(network=network, number=1)
    for number, point in enumerate(result["points"], 2):
        version = NetworkVersion.objects.get(pk=dense.pk)
        version.pk, version.number, version.parent, version.made_by = f"ver_{number}", number, dense, sweep.pk
        version.how = "pruned"
        version.save(force_insert=True)
        point |= {"network_id": network.pk, "version": version.pk}
    Job.objects.filter(pk=sweep.pk).update(state=JobState.COMPLETED.value, result=result)
    page = asked(editor, f"/sweeps/{sweep.pk}", QUERIES["sweep-page"] + 1).decode()
    assert "Hypervolume by method" in page
    assert page.count('class="badge good">kept') == 4
    assert f'href="/networks/{network.pk}?version=3"' in page
    lineage = asked(editor, f"/networks/{network.pk}", QUERIES["network"]).decode()
    assert f'<a href="/sweeps/{sweep.pk}">priced-gates, seed 0</a></td><td>0.06 ms</td>' in lineage


def test_who_cancels_a_sweep_stays_on_its_page_and_goes_on_from_there(
    sweep: Job, editor: User, signed_in: SignedIn
) -> None:
    browser = signed_in(editor)
    assert browser.post(f"/jobs/{sweep.pk}/cancel")["Location"] == f"/sweeps/{sweep.pk}"
    Job.objects.filter(pk=sweep.pk).update(state=JobState.CANCELLED.value)
    answer = browser.post(f"/jobs/{sweep.pk}/retry")
    again = Job.objects.get(retry_of=sweep.pk)
    assert answer["Location"] == f"/sweeps/{again.pk}"
    page = browser.get(answer["Location"]).content.decode()
    assert "2 of 5 done" in page
