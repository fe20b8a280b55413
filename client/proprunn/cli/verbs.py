"""What each verb does; a value of False means that a job which was waited for did not complete."""

import getpass
import json
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Final

from proprunn.cli import predictors, show, training
from proprunn.cli.campaigns import CAMPAIGN_VERBS
from proprunn.client import Client
from proprunn.errors import UserError
from proprunn.jobs import Job
from proprunn.settings import Access, checked_url, keep


def _login(chosen: Namespace) -> bool:
    if not chosen.url:
        raise UserError("no address is given", problem={"fix": "proprunn login --url http://127.0.0.1:8100"})
    url = checked_url(chosen.url)
    token = (getpass.getpass(f"token for {url}: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not token:
        raise UserError("no token came on stdin", problem={"fix": "make one under Settings, Tokens"})
    with Client(url, token) as client:
        me = client.me()
    file = keep(Access(url, token))
    show.document(chosen, {"url": url, "user": me["email"], "file": str(file)}, f"{me['email']} at {url}, in {file}")
    return True


def _me(chosen: Namespace, client: Client) -> bool:
    found = client.me()
    show.document(chosen, found, f"{found['email']} ({found['id']}): {found['running_max']} jobs run at a time")
    return True


def _list_projects(chosen: Namespace, client: Client) -> bool:
    show.table(chosen, [asdict(row) for row in client.projects()], ("id", "name", "role"))
    return True


def _create_project(chosen: Namespace, client: Client) -> bool:
    made = client.create_project(chosen.name)
    show.document(chosen, asdict(made), made.id)
    return True


def _list_networks(chosen: Namespace, client: Client) -> bool:
    rows = [asdict(row) for row in client.networks(chosen.project)]
    show.table(chosen, rows, ("id", "name", "latest", "created"))
    return True


def _upload_network(chosen: Namespace, client: Client) -> bool:
    made = client.upload_network(chosen.file, chosen.project, chosen.name, _dims(chosen.dim))
    show.document(chosen, asdict(made), made.id)
    return True


def _dims(given: list[str]) -> dict[str, int]:
    found = {}
    for text in given:
        name, equals, size = text.partition("=")
        if not equals or not size.isdecimal():
            raise UserError(f"--dim is {text!r}", problem={"fix": "NAME=NUMBER, such as height=32"})
        found[name] = int(size)
    return found


def _add_version(chosen: Namespace, client: Client) -> bool:
    made = client.add_version(chosen.network, chosen.file, _dims(chosen.dim), chosen.note)
    show.document(chosen, asdict(made), f"{made.id} version {made.latest}")
    return True


def _list_data(chosen: Namespace, client: Client) -> bool:
    show.table(chosen, [asdict(row) for row in client.data(chosen.project)], ("id", "name", "size_bytes"))
    return True


def _upload_data(chosen: Namespace, client: Client) -> bool:
    made = client.upload_data(chosen.file, chosen.project, chosen.name, use=chosen.use)
    show.document(chosen, asdict(made), made.id)
    return True


def _accelerators(chosen: Namespace, client: Client) -> bool:
    if chosen.create is None:
        rows = [asdict(row) for row in client.accelerators(chosen.project)]
        show.table(chosen, rows, ("id", "name", "cells", "on_chip_bytes"))
        return True
    if chosen.project is None:
        raise UserError("an accelerator of one's own belongs to a project", problem={"fix": "--project NAME"})
    try:
        fields = json.loads(Path(chosen.create).read_text())
    except ValueError as error:
        raise UserError(f"{chosen.create} is no JSON: {error}") from error
    if not isinstance(fields, dict):
        raise UserError(f"{chosen.create} holds no fields", problem={"fix": 'such as {"rows": 8, "lanes": 32}'})
    name = chosen.name or fields.get("name") or Path(chosen.create).stem
    made = client.create_accelerator(chosen.project, name, fields)
    show.document(chosen, asdict(made), made.id)
    return True


def _compile(chosen: Namespace, client: Client) -> bool:
    job = client.submit_compile_job(
        chosen.network,
        chosen.accelerator,
        calibration=chosen.calibration,
        scales=chosen.scales,
        calibration_method=chosen.calibration_method,
        name=chosen.name,
    )
    return _submitted(chosen, job)


def _simulate(chosen: Namespace, client: Client) -> bool:
    job = client.submit_simulate_job(
        chosen.network,
        chosen.accelerator,
        calibration=chosen.calibration,
        inputs=chosen.inputs,
        count=chosen.count,
        scales=chosen.scales,
        calibration_method=chosen.calibration_method,
        energy_table=chosen.energy_table,
        trace=chosen.trace,
        simulator=chosen.simulator,
        name=chosen.name,
    )
    return _submitted(chosen, job)


def _evaluate(chosen: Namespace, client: Client) -> bool:
    names = ("calibration", "scales", "calibration_method", "count", "name")
    given = {name: getattr(chosen, name) for name in names}
    return _submitted(chosen, client.submit_evaluate_job(chosen.network, chosen.inputs, **given))


def _elaborate(chosen: Namespace, client: Client) -> bool:
    return _submitted(chosen, client.submit_elaborate_job(chosen.project, chosen.accelerator, name=chosen.name))


def _submitted(chosen: Namespace, job: Job) -> bool:
    if chosen.wait:
        print(job.url, file=sys.stderr)
        return _waited(chosen, job, None)
    show.document(chosen, {**job.to_mapping(), "page": job.url}, f"{job.id}\n{job.url}")
    return True


def _waited(chosen: Namespace, job: Job, timeout_s: float | None) -> bool:
    chosen.waits_for = job.id
    job.wait(timeout_s, progress=not chosen.json)
    show.job(chosen, job)
    return job.success


def _fit_predictor(chosen: Namespace, client: Client) -> bool:
    return _submitted(chosen, predictors.fit(chosen, client))


def _train(chosen: Namespace, client: Client) -> bool:
    return _submitted(chosen, training.train(chosen, client))


def _prune(chosen: Namespace, client: Client) -> bool:
    return _submitted(chosen, training.prune(chosen, client))


def _pareto(chosen: Namespace, client: Client) -> bool:
    return _submitted(chosen, training.pareto(chosen, client))


def _list_runs(chosen: Namespace, client: Client) -> bool:
    show.table(chosen, [run.to_mapping() for run in client.runs(chosen.project)], ("id", "name", "created"))
    return True


def _simulate_run(chosen: Namespace, client: Client) -> bool:
    given = {name: getattr(chosen, name) for name in ("calibration", "inputs", "count", "simulator")}
    show.run(chosen, client.submit_simulate_run(chosen.networks, chosen.on, chosen.name, **given))
    return True


def _show_run(chosen: Namespace, client: Client) -> bool:
    show.run(chosen, client.run(chosen.run))
    return True


def _wait_run(chosen: Namespace, client: Client) -> bool:
    run = client.run(chosen.run)
    jobs = run.wait(progress=not chosen.json)
    show.run(chosen, run.refresh())
    return all(job.success for job in jobs)


def _cancel_run(chosen: Namespace, client: Client) -> bool:
    show.run(chosen, client.run(chosen.run).cancel())
    return True


def _list_jobs(chosen: Namespace, client: Client) -> bool:
    names = ("project", "state", "kind", "network", "accelerator", "run")
    found = client.jobs(**{name: getattr(chosen, name) for name in names})
    columns = ("id", "state", "kind", "network_name", "accelerator_name", "name", "created")
    show.table(chosen, [job.to_mapping() for job in islice(found, max(chosen.limit, 0))], columns)
    return True


def _show_job(chosen: Namespace, client: Client) -> bool:
    show.job(chosen, client.job(chosen.job))
    return True


def _wait_job(chosen: Namespace, client: Client) -> bool:
    return _waited(chosen, client.job(chosen.job), chosen.timeout)


def _cancel_job(chosen: Namespace, client: Client) -> bool:
    show.job(chosen, client.job(chosen.job).cancel())
    return True


def _retry_job(chosen: Namespace, client: Client) -> bool:
    new = client.job(chosen.job).retry()
    show.document(chosen, {**new.to_mapping(), "page": new.url}, f"{new.id}\n{new.url}")
    return True


def _download(chosen: Namespace, client: Client) -> bool:
    file = client.job(chosen.job).download(chosen.artifact, chosen.to)
    show.document(chosen, {"file": str(file)}, str(file))
    return True


def _logs(chosen: Namespace, client: Client) -> bool:
    job = client.job(chosen.job)
    chosen.waits_for = None if job.done else job.id
    for line in job.logs():
        print(json.dumps({"line": line}) if chosen.json else line, flush=True)
    return True


def _analysis(chosen: Namespace, client: Client) -> bool:
    show.analysis(chosen, client.job(chosen.job).analysis())
    return True


def _compare(chosen: Namespace, client: Client) -> bool:
    found = client.compare(chosen.jobs, chosen.reference)
    show.comparison(chosen, found)
    return True


def _open(chosen: Namespace, client: Client) -> bool:
    job = client.job(chosen.job)
    show.document(chosen, {"url": job.url}, job.url)
    return True


def _queue(chosen: Namespace, client: Client) -> bool:
    found = client.queue()
    text = f"{found['busy']} run, {found['queued']} wait, {found['slots']} at a time {found['problem']}".strip()
    show.document(chosen, found, text)
    return True


def _of(verb: Callable[[Namespace, Client], bool]) -> Callable[[Namespace], bool]:
    def run(chosen: Namespace) -> bool:
        with Client(chosen.url) as client:
            return verb(chosen, client)

    return run


VERBS: Final[Mapping[str, Callable[[Namespace], bool]]] = {
    "login": _login,
    **{
        name: _of(verb)
        for name, verb in {
            "me": _me,
            "projects list": _list_projects,
            "projects create": _create_project,
            "networks list": _list_networks,
            "networks upload": _upload_network,
            "networks add-version": _add_version,
            "data list": _list_data,
            "data upload": _upload_data,
            "accelerators": _accelerators,
            "compile": _compile,
            "simulate": _simulate,
            "elaborate": _elaborate,
            "evaluate": _evaluate,
            "runs list": _list_runs,
            "runs simulate": _simulate_run,
            "runs show": _show_run,
            "runs wait": _wait_run,
            "runs cancel": _cancel_run,
            "jobs list": _list_jobs,
            "jobs show": _show_job,
            "jobs wait": _wait_job,
            "jobs cancel": _cancel_job,
            "jobs retry": _retry_job,
            "jobs download": _download,
            "jobs logs": _logs,
            "jobs analysis": _analysis,
            "predictors fit": _fit_predictor,
            "train": _train,
            "prune": _prune,
            "pareto": _pareto,
            "compare": _compare,
            "open": _open,
            "queue": _queue,
            **CAMPAIGN_VERBS,
            **predictors.PREDICTOR_VERBS,
            **training.TRAINING_VERBS,
        }.items()
    },
}
"""By the verb's words."""
