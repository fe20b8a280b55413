"""An accelerator's Verilog: a job of the project makes it, once."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from backend.jobs.actions import submit_job
from backend.jobs.models import Job
from backend.jobs.orders import Wish
from backend.jobs.submit import Label
from backend.workspace.access import may
from backend.workspace.models import Project, Role
from contracts.accelerator import Accelerator as Description
from contracts.errors import AcceleratorError
from contracts.job import JobKind, JobState
from frontend.accelerators.found import found_in
from frontend.forms import FormError, refusals
from frontend.page import PageRequest, open_project, signed_in

_RECENT = 1000
_GONE = (JobState.CANCELLED.value, JobState.CANCELLING.value)


def verilog_job(project: Project, description: Description) -> Job | None:
    """The project's newest job that generates exactly this hardware; None where there is none that may serve."""
    rows = Job.objects.filter(project=project, kind=JobKind.ELABORATE.value).exclude(state__in=_GONE)
    rows = rows.defer("result").order_by("-id")[:_RECENT]
    same = description.hardware()
    return next((job for job in rows if (made := ordered(job)) is not None and made.hardware() == same), None)


def ordered(job: Job) -> Description | None:
    """The accelerator that a job was ordered for; None where it was described in a way that is no longer known."""
    try:
        return Description.from_mapping(job.order["body"]["options"]["accelerator"])
    except AcceleratorError:
        return None


@signed_in
def part(request: PageRequest, project: str, accelerator: str) -> HttpResponse:
    """The part of an accelerator's page that offers its Verilog; a POST has it generated where that was not done yet."""
    opened = open_project(request, project, Role.EDITOR if request.method == "POST" else Role.VIEWER)
    found = found_in(opened, accelerator)
    job, refused = verilog_job(opened, found.description), ""
    if request.method == "POST" and (job is None or job.state == JobState.FAILED.value):
        try:
            job = _submit(request, opened, found.key, found.name)
        except FormError as error:
            refused = " ".join(error.errors.values())
    if not request.htmx:
        if refused:
            messages.error(request, refused)
        return redirect("accelerators:accelerator", project, accelerator)
    context = {"project": opened, "found": found, "job": job, "refused": refused}
    context["editor"] = may(request.caller.user, project, Role.EDITOR)
    return render(request, "accelerators/verilog.html", context)


def _submit(request: PageRequest, project: Project, key: str, name: str) -> Job:
    with refusals():
        return submit_job(request.caller, project, Wish(JobKind.ELABORATE, key), Label(name=f"Verilog of {name}"))
