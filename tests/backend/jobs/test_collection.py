"""Files that nothing refers to are removed after a while; whatever is or may be wanted stays."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from backend.accounts.models import User
from backend.jobs.attempts import cancel
from backend.jobs.collection import collect, unused
from backend.jobs.models import Job, JobArtifact
from backend.jobs.orders import OrderError
from backend.jobs.submit import again
from backend.workspace.models import Artifact, DataFile, Network
from backend.workspace.store import the_store
from tests.backend.conftest import keep

CONTENT = b"nobody wants this"


def age(artifact: Artifact, hours: float = 25) -> Artifact:
    """It came in so long ago."""
    Artifact.objects.filter(pk=artifact.pk).update(created=timezone.now() - timedelta(hours=hours))
    return artifact


def is_there(artifact: Artifact) -> bool:
    row = Artifact.objects.filter(pk=artifact.pk).exists()
    try:
        content = b"".join(the_store().read(artifact.pk))
    except FileNotFoundError:
        content = b""
    assert row == bool(content)
    return row


@pytest.mark.django_db
def test_a_file_that_nothing_refers_to_is_removed_after_a_day() -> None:
    old, new = age(keep(CONTENT)), keep(b"just came in")
    assert collect() == len(CONTENT)
    assert (is_there(old), is_there(new)) == (False, True)


def test_what_something_refers_to_stays(network: Network, data_file: DataFile, job: Job) -> None:
    made = {"file_name": "report.json", "media_type": "application/json"}
    result = JobArtifact.objects.create(job=job, name="report", artifact=keep(b"{}"), **made).artifact
    kept = [age(file) for file in (network.versions.get().artifact, data_file.artifact, result)]
    assert collect() == 0
    assert all(map(is_there, kept))


def test_a_deleted_data_file_stays_for_jobs_that_wait_for_it(job: Job, data_file: DataFile) -> None:
    artifact = age(data_file.artifact)
    order = {**job.order, "files": [*job.order["files"], {"kind": "data", "digest": artifact.pk, "query": {}}]}
    Job.objects.filter(pk=job.pk).update(order=order)
    data_file.delete()
    assert collect() == 0
    cancel(Job.objects.get(pk=job.pk), "no longer needed")
    assert collect() == artifact.size_bytes
    assert not is_there(artifact)


def test_a_job_whose_files_were_removed_cannot_be_tried_again(job: Job, data_file: DataFile, editor: User) -> None:
    test_a_deleted_data_file_stays_for_jobs_that_wait_for_it(job, data_file)
    with pytest.raises(OrderError, match="a file that it needs was deleted"):
        again(Job.objects.get(pk=job.pk), editor)


@pytest.mark.django_db
def test_a_file_that_comes_in_again_counts_as_new() -> None:
    artifact = age(keep(CONTENT))
    keep(CONTENT)
    assert collect() == 0
    assert is_there(artifact)


@pytest.mark.django_db
def test_a_file_that_comes_in_while_it_is_removed_stays() -> None:
    artifact = keep(CONTENT)
    # The collector has deleted the row; the upload has made a new one before the file goes.
    the_store().remove(artifact.pk)
    assert is_there(artifact)


@pytest.mark.django_db
def test_what_a_broken_upload_left_is_removed_after_a_day() -> None:
    folder = Path(the_store().address) / "incoming"
    folder.mkdir(parents=True)
    old, new = folder / "a", folder / "b"
    for file in (old, new):
        file.write_bytes(b"half a net")
    day_ago = time.time() - 90_000
    os.utime(old, (day_ago, day_ago))
    assert collect() == 10
    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.django_db
def test_the_command_says_what_it_would_remove_and_what_it_removed(capsys: pytest.CaptureFixture[str]) -> None:
    artifact = age(keep(CONTENT), hours=3)
    assert not unused(24).exists()
    call_command("collect_files", "--dry-run", "--kept-h", "2")
    call_command("collect_files", "--kept-h", "2")
    assert capsys.readouterr().out == f"{artifact.pk} {len(CONTENT)}\n{len(CONTENT)} bytes removed\n"
