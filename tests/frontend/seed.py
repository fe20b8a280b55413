"""Fills a fresh installation for the pages' tests: `python -m tests.frontend.seed` prints what it made as JSON.

Characters: ada owns the project, vera may only look and has one with sweeps, oscar runs the installation, nora has just signed up.
"""

import json
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import django
from pyarrow import parquet

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db.models import F  # noqa: E402, F401  # for tests
from django.utils import timezone  # noqa: E402

from backend.accounts.caller import Caller  # noqa: E402
from backend.accounts.models import User  # noqa: E402
from backend.jobs import attempts  # noqa: E402
from backend.jobs.changes import Fence, change, create  # noqa: E402
from backend.jobs.models import Job, JobArtifact, Run  # noqa: E402
from backend.jobs.orders import Order, Wish, order  # noqa: E402
from backend.jobs.submit import Label, _job  # noqa: E402
from backend.webhooks import endpoints  # noqa: E402
from backend.webhooks.models import Delivery, Webhook  # noqa: E402
from backend.webhooks.posting import Answer  # noqa: E402
from backend.webhooks.tries import claim, finish  # noqa: E402
from backend.workspace.activity import note  # noqa: E402
from backend.workspace.models import (  # noqa: E402
    Accelerator,
    Artifact,
    Membership,
    Network,
    NetworkVersion,
    Project,
    Role,
)
from backend.workspace.projects import sample_project  # noqa: E402
from backend.workspace.store import the_store  # noqa: E402
from contracts.accelerator import PRESETS  # noqa: E402
from contracts.job import EventKind, Failure, FailureClass, JobKind, JobState  # noqa: E402
from hwservice.jobs.gate import GATE_COMMAND  # noqa: E402
from servicekit.jobs.gate import Gate, check  # noqa: E402
from servicekit.jobs.task import Limits  # noqa: E402
from tests.frontend.networks import network  # noqa: E402

DATA: Final = Path(__file__).parent / "data"
PREDICTOR: Final = DATA / "predictor"
SESSIONS: Final = ("dense", "gates-half", "gates-quarter", "uniform-half", "uniform-quarter")
SAMPLE: Final = Path(__file__).parents[2] / "datasets/sample"
PASSWORD: Final = "correct horse battery"
PEOPLE: Final = ("ada", "vera", "oscar", "nora")


def keep(content: bytes) -> Artifact:
    """A file in the store."""
    store = the_store()
    with store.receive([content], 1 << 30) as incoming:
        return store.keep(incoming)


def people() -> dict[str, User]:
    """All characters, each with the same password."""
    found = {}
    for name in PEOPLE:
        operator = name == "oscar"
        email, full = f"{name}@example.org", f"{name.title()} Example"
        found[name] = User.objects.create_user(email, PASSWORD, name=full, is_operator=operator)
    return found


def session(user: User) -> str:
    """The cookie of somebody who signed in."""
    made = SessionStore()
    made[SESSION_KEY], made[BACKEND_SESSION_KEY] = user.pk, "django.contrib.auth.backends.ModelBackend"
    made[HASH_SESSION_KEY] = user.get_session_auth_hash()
    made.create()
    return str(made.session_key)


def facts_of(content: bytes) -> dict[str, Any]:
    """What the real gate finds."""
    with tempfile.TemporaryDirectory() as folder:
        path, work = Path(folder) / "resnet8.onnx", Path(folder) / "work"
        path.write_bytes(content)
        work.mkdir()
        gate = Gate(GATE_COMMAND, Limits(seconds=60, memory_bytes=4 << 30))
        outcome = check("network", path, {"name": path.name}, work, gate)
    assert outcome.result is not None, outcome.failure
    return dict(outcome.result)


def networks(project: Project, user: User) -> list[NetworkVersion]:
    """ResNet-8, whole and pruned."""
    made = Network.objects.create(project=project, name="resnet8", created_by=user, description="MLPerf Tiny, 32 x 32")
    versions: list[NetworkVersion] = []
    for number, how in ((1, "uploaded"), (2, "pruned")):
        content = network(number).SerializeToString()
        row = NetworkVersion(network=made, number=number, how=how, created_by=user, artifact=keep(content))
        row.facts, row.parent = facts_of(content), versions[-1] if versions else None
        row.note = "half of the inner filters" if how == "pruned" else ""
        row.save()
        versions.append(row)
    Network.objects.filter(pk=made.pk).update(latest=len(versions))
    return versions


def queued(project: Project, user: User, wish: Wish, label: Label | None = None) -> Job:
    """A job that waits."""
    return create(_job(project, user, order(project, wish), label or Label()))


def started(job: Job, *phases: str) -> Job:
    """A job that runs, with a log line for each phase it reached."""
    now = timezone.now()
    far = now + timedelta(days=365)
    columns = {"state": JobState.RUNNING.value, "owner": "seed", "lease_until": far, "started": now}
    change(Fence(job.pk, job.attempt, (JobState.QUEUED,)), columns)
    job.refresh_from_db()
    for cursor, phase in enumerate(phases, 1):
        attempts.hear(job, EventKind.LOG.value, {"line": f"{phase}: begun"}, 2 * cursor)
        progress = {"phase": phase, "fraction": 0.4, "seconds_left": 42.0}
        attempts.hear(job, EventKind.PROGRESS.value, progress, 2 * cursor + 1)
    return job


def simulated(job: Job, version: int, accelerator: str) -> Job:
    """A job that completed with a report of the real RTL."""
    started(job, "import", "compile", "elaborate", "simulate")
    report = json.loads((DATA / f"resnet8-v{version}-{accelerator}.json").read_text())
    files = {
        "report": ("report.json", "application/json", json.dumps(report).encode()),
        "listing": ("program.txt", "text/plain", b"conv layer=stem\n"),
    }
    rows = [
        JobArtifact(job=job, name=name, artifact=keep(content), file_name=file, media_type=media)
        for name, (file, media, content) in files.items()
    ]
    assert attempts.complete(job, {"report": report}, rows)
    return job


def estimated(project: Project, user: User, versions: list[NetworkVersion]) -> None:
    """What the networks' pages ask for: compile jobs that completed with a real estimate."""
    for version in versions:
        found = json.loads((DATA / f"estimates/resnet8-v{version.number}.json").read_text())
        wish = Wish(JobKind.COMPILE, "pynq-8x32", version.pk)
        job = started(queued(project, user, wish, Label("Estimate")), "import", "compile")
        attempts.complete(job, {"estimate": found}, [])


def failed(job: Job, failure: Failure) -> Job:
    """A job that failed for good."""
    attempts.fail(started(job, "import"), failure)
    return job


def jobs(project: Project, user: User, versions: list[NetworkVersion]) -> dict[str, str]:
    """One of every kind and state, by what it is."""
    run = Run.objects.create(project=project, name="Half of the filters", created_by=user)
    made: dict[str, Job] = {}
    for version in versions:
        for accelerator in ("edge-8x8", "pynq-8x32"):
            wish = Wish(JobKind.SIMULATE, accelerator, version.pk, options={"count": 1})
            job = queued(project, user, wish, Label(f"resnet8 v{version.number} on {accelerator}", run))
            made[f"simulated-{version.number}-{accelerator}"] = simulated(job, version.number, accelerator)

    def some(kind: JobKind = JobKind.SIMULATE) -> Wish:
        return Wish(kind, "square-16x16", None if kind is JobKind.ELABORATE else versions[0].pk)

    text = (
        "layer 'stage3.0.conv2' needs 36864 bytes of weight memory, accelerator 'square-16x16' has 32768;"
        " prune it to 56 channels, or take an accelerator with more"
    )
    made["failed"] = failed(queued(project, user, some()), Failure(FailureClass.CAPACITY, "CapacityError", text))
    made["cancelled"] = queued(project, user, some())
    attempts.cancel(made["cancelled"], "cancelled by Ada Example")
    made["compiled"] = started(queued(project, user, some(JobKind.COMPILE)), "import", "compile")
    attempts.complete(made["compiled"], {}, [])
    made["running"] = started(queued(project, user, some(), Label("a long one")), "import", "compile", "simulate")
    for number in (1, 2, 3):
        made[f"queued-{number}"] = queued(project, user, some(), Label(f"waiting {number}"))
    return {name: job.pk for name, job in made.items()} | {"run": run.pk}


def campaigns(project: Project, user: User) -> dict[str, str]:
    """One that is complete, with the tables of the data set's sample, and one that runs."""
    made = {}
    boards = ["pynq-8x32", "square-16x16", "edge-8x8", "zcu-16x64"]
    for name, counts, used in (("campaign", (172, 172, 171), boards), ("campaign-running", (400, 200, 0), boards[:3])):
        families = ("resnet", "mobilenet_v1", "densenet")
        parts = [{"family": one, "count": n, "inputs": [[3, 32, 32]]} for one, n in zip(families, counts, strict=True)]
        definition: dict[str, Any] = {
            "name": name.replace("-", " "),
            "accelerators": used,
        }
        definition["part"] = [part for part in parts if part["count"]]
        wish = Wish(JobKind.CAMPAIGN, None, options={"definition": definition})
        made[name] = started(queued(project, user, wish), "build", "simulate")
    files = {}
    for name, file in (("networks", "networks.parquet"), ("layers", "layers.parquet"), ("card", "DATACARD.md")):
        files[name] = JobArtifact(name=name, artifact=keep((SAMPLE / file).read_bytes()), file_name=file)
        files[name].job, files[name].media_type = made["campaign"], "application/octet-stream"
    rows = parquet.read_metadata(SAMPLE / "networks.parquet").num_rows
    assert attempts.complete(made["campaign"], {"rows": rows, "failures": 0}, files.values())
    return {name: str(job.of_campaign_id) for name, job in made.items()}


def fitted(project: Project, user: User, campaign: str) -> Job:
    """A predictor as the learning service made it of that campaign."""
    wish = Wish(JobKind.FIT_PREDICTOR, None, campaign=campaign, options={"predictor": {"name": "board"}})
    job = started(queued(project, user, wish, Label("board")), "read", "fit", "compare", "curve", "explain")
    content = {name: (PREDICTOR / name).read_bytes() for name in ("predictor.json", "evaluation.json")}
    with zipfile.ZipFile(packed := BytesIO(), "w") as archive:
        archive.writestr("predictor.json", content["predictor.json"])
    files = {"predictor": ("predictor.zip", packed.getvalue()), "card": ("predictor.json", content["predictor.json"])}
    files["evaluation"] = ("evaluation.json", content["evaluation.json"])
    rows = [
        JobArtifact(job=job, name=name, artifact=keep(bytes_), file_name=file, media_type="application/octet-stream")
        for name, (file, bytes_) in files.items()
    ]
    assert attempts.complete(job, {"predictor": json.loads(content["predictor.json"])}, rows)
    return job


def sessions(project: Project, user: User) -> dict[str, str]:
    """Training sessions as `make_sessions` recorded them, by the names of their files; one of them again, still running."""
    made = {}
    for name in SESSIONS:
        job, recorded = trained(project, user, name, Label(name))
        hear_all(job, recorded["events"])
        report = JobArtifact(job=job, name="report", artifact=keep(json.dumps(recorded["result"]).encode()))
        report.file_name, report.media_type = "report.json", "application/json"
        assert attempts.complete(job, recorded["result"], [report])
        made[name] = job.pk
    running, recorded = trained(project, user, "gates-half", Label("still learning"))
    hear_all(running, recorded["events"][: len(recorded["events"]) // 2])
    attempts.hear(running, EventKind.PROGRESS.value, {"phase": "train", "fraction": 0.5, "seconds_left": 21.0}, 1000)
    return {**made, "session-running": running.pk}


def swept(project: Project, user: User) -> dict[str, str]:
    """A sweep of those sessions that completed, and one that is half-way."""
    done, recorded = trained(project, user, "sweep", Label("halves and quarters"), "sweep")
    hear_all(done, recorded["events"])
    with zipfile.ZipFile(packed := BytesIO(), "w") as archive:
        for name in ("dense", "gates-quarter"):
            archive.write(DATA / f"sessions/{name}.onnx", f"{name}/network.onnx")
    summary = json.dumps(recorded["result"]).encode()
    files = {"summary.json": summary, "report.html": b"<pre>" + summary, "networks.zip": packed.getvalue()}
    rows = [
        JobArtifact(job=done, name=name, artifact=keep(content), file_name=file)
        for name, (file, content) in zip(("summary", "page", "networks"), files.items(), strict=True)
    ]
    assert attempts.complete(done, recorded["result"], rows)
    running, _ = trained(project, user, "sweep", Label("still sweeping"), "sweep")
    hear_all(running, recorded["events"][: 2 * len(recorded["events"]) // 3])
    attempts.hear(running, EventKind.PROGRESS.value, {"phase": "sweep", "fraction": 0.4}, 1000)
    return {"sweep": done.pk, "sweep-running": running.pk}


def trained(
    project: Project, user: User, name: str, label: Label, phase: str = "train"
) -> tuple[Job, Mapping[str, Any]]:
    """A training session that has begun, and what was recorded of it."""
    recorded = json.loads((DATA / f"sessions/{name}.json").read_text())
    accelerator = PRESETS[recorded["options"]["accelerator"]]
    options = {**recorded["options"], "accelerator": asdict(accelerator)}
    wanted = Order(None, accelerator, (), {"kind": recorded["kind"], "options": options})
    return started(create(_job(project, user, wanted, label)), phase), recorded


def hear_all(job: Job, events: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """What a session told."""
    for cursor, (kind, data) in enumerate(events, 10):
        attempts.hear(job, kind, data, cursor)


def tell_on(job_id: str, name: str = "gates-half") -> None:
    """The running session, or sweep, tells the rest; what it told before it tells again."""
    events = json.loads((DATA / f"sessions/{name}.json").read_text())["events"]
    hear_all(Job.objects.get(pk=job_id), events[len(events) // 2 :])


def descended(project: Project, user: User, made: Mapping[str, str]) -> str:
    """The dense network that a session trained, and the one that another pruned; the network's id."""
    network_ = Network.objects.create(project=project, name="resnet8-digits", created_by=user, latest=2)
    parent = None
    for number, (name, how) in enumerate((("dense", "trained"), ("gates-quarter", "pruned")), 1):
        content = (DATA / f"sessions/{name}.onnx").read_bytes()
        row = NetworkVersion(network=network_, number=number, how=how, created_by=user, artifact=keep(content))
        row.facts, row.parent, row.made_by = facts_of(content), parent, made[name]
        row.save()
        parent = row
    return network_.pk


def sample(user: User) -> str:
    """What every newcomer sees: a network and finished results; its id."""
    project = sample_project(user)
    versions = networks(project, user)
    estimated(project, user, versions)
    for accelerator in ("edge-8x8", "pynq-8x32"):
        wish = Wish(JobKind.SIMULATE, accelerator, versions[0].pk, options={"count": 1})
        simulated(queued(project, user, wish, Label(f"ResNet-8 on {accelerator}")), 1, accelerator)
    return project.pk


def webhook(project: Project, user: User) -> Webhook:
    """Listens to what ends; its receiver is not there."""
    address, kinds = "https://ci.example.org/hooks/proprunn", ("job.completed", "job.failed")
    return endpoints.create(Caller.of_session(user), project, address, kinds, "the nightly board")[0]


def posted(hook: Webhook, user: User) -> str:
    """As if the deliverer had posted what is due: a test failed, an event will be tried again; the test's id."""
    test = endpoints.send_test(Caller.of_session(user), hook)
    away = Answer(503, "503 Service Unavailable", 38.2)
    while tries := claim(16):
        for found in tries:
            kind = Delivery.objects.get(pk=found.delivery).kind
            finish(found.delivery, found.lease, away if kind in (test.kind, "job.failed") else Answer(204, "", 21.4))
    return test.pk


def seed() -> Mapping[str, Any]:
    """Everything, in a database that is migrated first."""
    call_command("migrate", verbosity=0)
    known = people()
    sampled = sample(known["oscar"])
    ada = known["ada"]
    project = Project.objects.create(name="Edge vision", description="Small networks for cameras.")
    for name, role in (("ada", Role.OWNER), ("vera", Role.VIEWER)):
        Membership.objects.create(project=project, user=known[name], role=role)
    versions = networks(project, ada)
    estimated(project, ada, versions)
    fields = {**{name: getattr(PRESETS["edge-8x8"], name) for name in PRESETS["edge-8x8"].__dataclass_fields__}}
    fields |= {"name": "edge-4x8", "rows": 4}
    accelerator = Accelerator.objects.create(project=project, name="edge-4x8", fields=fields, created_by=ada)
    note(Caller.of_session(ada), "project.create", project.pk, project)
    note(Caller.of_session(ada), "network.upload", versions[0].network_id, project, name="resnet8")
    hook = webhook(project, ada)
    swept_in = Project.objects.create(name="Sweeps", description="Methods side by side.")
    Membership.objects.create(project=swept_in, user=known["vera"], role=Role.OWNER)
    made = jobs(project, ada, versions)
    drawn = campaigns(project, ada)
    made |= sessions(project, ada)
    made |= swept(swept_in, known["vera"])
    made["predictor"] = fitted(project, ada, drawn["campaign"]).pk
    return {
        "project": project.pk,
        "sample": sampled,
        "swept": swept_in.pk,
        "network": versions[0].network_id,
        "versions": [version.pk for version in versions],
        "accelerator": accelerator.pk,
        "jobs": made,
        **drawn,
        "webhook": hook.pk,
        "delivery": posted(hook, ada),
        "trained": descended(project, ada, made),
        "users": {name: user.pk for name, user in known.items()},
        "sessions": {name: session(user) for name, user in known.items()},
    }


if __name__ == "__main__":
    print(json.dumps(seed()))
