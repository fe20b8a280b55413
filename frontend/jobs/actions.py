"""What can be done with jobs: cancel, retry, one or many."""

from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from backend.accounts.caller import Caller
from backend.api.views_jobs import job_for
from backend.jobs import attempts
from backend.jobs.submit import again
from backend.workspace.activity import note
from backend.workspace.models import Role
from contracts.errors import InputError
from frontend.jobs.views import list_context
from frontend.page import PageRequest, signed_in

_AT_ONCE: Final = 200


def cancel_one(caller: Caller, job_id: str) -> bool:
    """Cancel a job; False where it was over already.

    Raises:
        NotVisibleError, RoleError.
    """
    job = job_for(caller, job_id, Role.EDITOR)
    with transaction.atomic():
        if not attempts.cancel(job, f"cancelled by {caller.user.name or caller.user.email}"):
            return False
        note(caller, "job.cancel", job.pk, job.project_id)
    return True


def retry_one(caller: Caller, job_id: str) -> str | None:
    """Submit the same again; the new job's id, or None where the old one is not over.

    Raises:
        NotVisibleError, RoleError, QuotaError.
    """
    job = job_for(caller, job_id, Role.EDITOR)
    if not job.done:
        return None
    with transaction.atomic():
        new = again(job, caller.user)
        note(caller, "job.retry", new.pk, job.project_id, of=job.pk)
    return new.pk


@require_POST
@signed_in
def cancel(request: PageRequest, job: str) -> HttpResponse:
    """From the job's page."""
    if not cancel_one(request.caller, job):
        messages.info(request, "The job was over already.")
    return redirect("jobs:job", job)


@require_POST
@signed_in
def retry(request: PageRequest, job: str) -> HttpResponse:
    """From the job's page; goes to the new job."""
    new = retry_one(request.caller, job)
    if new is None:
        messages.error(request, "The job is not over yet: wait, or cancel it first.")
        return redirect("jobs:job", job)
    messages.success(request, "Submitted again.")
    return redirect("jobs:job", new)


@require_POST
@signed_in
def bulk(request: PageRequest) -> HttpResponse:
    """The same for the marked rows of a list; says how many changed, and why others did not."""
    ids = request.POST.getlist("job")[:_AT_ONCE]
    do = {"cancel": cancel_one, "retry": retry_one}.get(request.POST.get("do", ""))
    changed, refused = 0, ""
    for job in ids if do else ():
        try:
            changed += bool(do(request.caller, job)) if do else 0
        except InputError as error:
            refused = str(error)
    word = "cancelled" if request.POST.get("do") == "cancel" else "submitted again"
    if not ids:
        messages.warning(request, "No job is marked.")
    else:
        messages.success(request, f"{changed} of {len(ids)} {word}.")
    if refused:
        messages.error(request, refused)
    return _list_again(request)


def _list_again(request: PageRequest) -> HttpResponse:
    query = request.POST.get("query", "")
    if not request.htmx:
        return HttpResponseRedirect(f"{reverse('jobs:index')}?{query}")
    request.GET = request.GET.__class__(query)
    return render(request, "jobs/list.html", list_context(request) | {"with_messages": True})
