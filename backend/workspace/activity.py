"""Who did what."""

from typing import Any

from backend.accounts.caller import Caller
from backend.workspace.models import Activity, Project


def note(caller: Caller, verb: str, subject: str = "", project: Project | str | None = None, **details: Any) -> None:
    """Record that a caller did something, such as `network.upload`, to a subject; in the transaction that did it."""
    project_id = project.pk if isinstance(project, Project) else project
    Activity.objects.create(
        project_id=project_id, user=caller.user, token=caller.token, verb=verb, subject=subject, details=details
    )


def note_of_system(verb: str, subject: str, project: str, **details: Any) -> None:
    """Record what the installation did by itself."""
    Activity.objects.create(project_id=project, verb=verb, subject=subject, details=details)
