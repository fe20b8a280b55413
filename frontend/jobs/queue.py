"""The queue: what runs where, what waits for what."""

from django.http import HttpResponse
from django.shortcuts import render

from backend.jobs.standing import SHOWN, standing_for
from frontend.page import PageRequest, signed_in


@signed_in
def queue_page(request: PageRequest) -> HttpResponse:
    """Slots, running jobs, and the queue in its order; of others' jobs only that they are there."""
    template = "jobs/queue_state.html" if request.htmx else "jobs/queue.html"
    return render(request, template, {"queue": standing_for(request.caller.user), "shown_most": SHOWN})
