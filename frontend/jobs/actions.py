"""What can be done with jobs: cancel, retry, one or many."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from backend.accounts.caller import Caller
from backend.jobs.actions import AT_ONCE, NotOverError, cancel_job, retry_job
from backend.jobs.models import Job
from backend.jobs.visible import job_for
from contracts.errors import InputError
from contracts.job import JobKind
from frontend.jobs.views import list_context
from frontend.page import PageRequest, signed_in

_PAGES: Final[dict[str, str]] = {
    JobKind.TRAIN.value: "pruning:session",
    JobKind.PRUNE.value: "pruning:session",
    JobKind.PARETO.value: "pareto:sweep",
}
"""Where jobs of a kind are watched; others at their own page."""
_ACTIONS: Final[dict[str, Callable[[Caller, str], object]]] = {"cancel": cancel_job, "retry": retry_job}


@require_POST
@signed_in
def cancel(request: PageRequest, job: str) -> HttpResponse:
    """From the job's page; stays there."""
    if not cancel_job(request.caller, job):
        messages.info(request, "The job was over already.")
    return _shown(job_for(request.caller, job))


@require_POST
@signed_in
def retry(request: PageRequest, job: str) -> HttpResponse:
    """From the job's page; goes to the new job."""
    try:
        new = retry_job(request.caller, job)
    except NotOverError:
        messages.error(request, "The job is not over yet: wait, or cancel it first.")
        return redirect("jobs:job", job)
    messages.success(request, "Submitted again.")
    return _shown(new)


def _shown(job: Job) -> HttpResponse:
    return redirect(_PAGES.get(job.kind, "jobs:job"), job.pk)


@require_POST
@signed_in
def bulk(request: PageRequest) -> HttpResponse:
    """The same for the marked rows of a list; says how many changed, and why others did not."""
    ids = request.POST.getlist("job")[:AT_ONCE]
    if ids and request.POST.get("do") == "compare":
        return _compare(request, ids)
    do = _ACTIONS.get(request.POST.get("do", ""))
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


def _compare(request: PageRequest, ids: list[str]) -> HttpResponse:
    """On to the comparison, in the project of the first."""
    project = job_for(request.caller, ids[0]).project_id
    address = f"{reverse('comparisons:index', args=[project])}?jobs={','.join(ids)}"
    if request.htmx:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})
    return redirect(address)


def _list_again(request: PageRequest) -> HttpResponse:
    query = request.POST.get("query", "")
    if not request.htmx:
        return HttpResponseRedirect(f"{reverse('jobs:index')}?{query}")
    request.GET = request.GET.__class__(query)
    return render(request, "jobs/list.html", list_context(request) | {"with_messages": True})
