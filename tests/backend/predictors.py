"""A predictor as a job of the learning service left it: fitted to `datasets/sample`."""

import json
from pathlib import Path
from typing import Any, Final

from django.utils import timezone

from backend.jobs.models import Job, JobArtifact
from contracts.job import JobKind, JobState
from tests.backend.conftest import keep

DATA: Final = Path(__file__).parents[1] / "frontend/data/predictor"
"""Written by `python -m tests.frontend.make_predictor`."""


def card() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "predictor.json").read_text())
    return found


def predictor_like(job: Job, key: str, name: str = "board") -> Job:
    """A finished job of the same project and user that made a predictor."""
    found = Job.objects.get(pk=job.pk)
    found.pk, found.kind, found.state, found.ended = (
        key,
        JobKind.FIT_PREDICTOR.value,
        JobState.COMPLETED.value,
        timezone.now(),
    )
    found.network, found.network_name, found.accelerator_name, found.name = None, "", "", name
    found.options = {"networks": "0" * 64, "name": name}
    found.result = {"predictor": {**card(), "name": name}}
    found.save(force_insert=True)
    files = {"predictor": ("predictor.zip", b"a zip"), "card": ("predictor.json", json.dumps(card()).encode())}
    files["evaluation"] = ("evaluation.json", (DATA / "evaluation.json").read_bytes())
    for artifact, (file, content) in files.items():
        made = {"file_name": file, "media_type": "application/octet-stream"}
        JobArtifact.objects.create(job=found, name=artifact, artifact=keep(content), **made)
    return found
