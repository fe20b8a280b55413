"""Which accelerator an address names."""

from dataclasses import dataclass

from backend.workspace.access import NotVisibleError
from backend.workspace.models import Accelerator, Project
from contracts.accelerator import PRESETS
from contracts.accelerator import Accelerator as Description


@dataclass(frozen=True)
class Found:
    """An accelerator that a project may use; `row` is None of a preset."""

    key: str
    name: str
    description: Description
    row: Accelerator | None = None


def found_in(project: Project, key: str) -> Found:
    """A preset by its name, or one of the project's own by its id.

    Raises:
        NotVisibleError: there is none.
    """
    if key in PRESETS:
        return Found(key, key, PRESETS[key])
    row = Accelerator.objects.filter(project=project, pk=key).select_related("created_by").first()
    if row is None:
        raise NotVisibleError("accelerator", key)
    return Found(row.pk, row.name, row.description, row)
