"""Addresses of jobs and the queue.

Names: index, job (its id), panel (its id), cancel (its id), retry (its id), bulk, states, queue, submit (a project's id).
"""

from typing import Final

from django.urls import path

from frontend.jobs import actions, queue, submission, views

app_name = "jobs"
urlpatterns: Final = [
    path("jobs", views.index, name="index"),
    path("jobs/states", views.states, name="states"),
    path("jobs/bulk", actions.bulk, name="bulk"),
    path("jobs/<str:job>", views.job_page, name="job"),
    path("jobs/<str:job>/panel", views.panel, name="panel"),
    path("jobs/<str:job>/cancel", actions.cancel, name="cancel"),
    path("jobs/<str:job>/retry", actions.retry, name="retry"),
    path("queue", queue.queue_page, name="queue"),
    path("projects/<str:project>/jobs/new", submission.submit_page, name="submit"),
]
