"""What is done to a project's own accelerators."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db import transaction

from backend.accounts.caller import Caller
from backend.workspace.activity import note
from backend.workspace.models import Accelerator, Project
from backend.workspace.names import NameTakenError
from contracts.accelerator import PRESETS, problems_of
from contracts.accelerator import Accelerator as Description
from contracts.costs import nearest_allowed
from contracts.errors import AcceleratorError


class ParameterError(AcceleratorError):
    """Parameters that make no accelerator.

    Attributes:
        problems: by parameter, what is wrong, with what is allowed.
        fixes: by parameter, the nearest value that is.
        values: what was given.
    """

    def __init__(self, values: Mapping[str, Any], problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.values, self.problems = dict(values), dict(problems)
        found = {name: nearest_allowed(values, name) for name in problems}
        self.fixes = {name: value for name, value in found.items() if value is not None}


def described(name: str, fields: Mapping[str, Any]) -> Description:
    """The accelerator of such parameters, under a name.

    Raises:
        ParameterError: naming every parameter that is wrong.
    """
    values = {**{key: value for key, value in fields.items() if key not in ("digest", "isa_version")}, "name": name}
    if problems := problems_of(values):
        raise ParameterError(values, problems)
    return Description.from_mapping(values)


def create_accelerator(caller: Caller, project: Project, name: str, fields: Mapping[str, Any]) -> Accelerator:
    """Keep an accelerator of the project's own.

    Raises:
        ParameterError, NameTakenError.
    """
    description = described(name, fields)
    with transaction.atomic():
        if name in PRESETS:
            raise _taken(name)
        row, new = Accelerator.objects.get_or_create(
            project=project, name=name, defaults={"fields": asdict(description), "created_by": caller.user}
        )
        if not new:
            raise _taken(name)
        note(caller, "accelerator.create", row.pk, project)
    return row


def change_accelerator(caller: Caller, row: Accelerator, name: str, fields: Mapping[str, Any]) -> None:
    """Describe it anew; jobs that were submitted before keep the old description.

    Raises:
        ParameterError, NameTakenError.
    """
    description = described(name, fields)
    with transaction.atomic():
        others = Accelerator.objects.filter(project=row.project_id, name=name).exclude(pk=row.pk)
        if name in PRESETS or others.exists():
            raise _taken(name)
        row.name, row.fields, row.version = name, asdict(description), row.version + 1
        row.save()
        note(caller, "accelerator.change", row.pk, row.project_id)


def delete_accelerator(caller: Caller, row: Accelerator) -> None:
    """Delete it; jobs keep their description."""
    with transaction.atomic():
        note(caller, "accelerator.delete", row.pk, row.project_id)
        row.delete()


def _taken(name: str) -> NameTakenError:
    return NameTakenError(f"there is an accelerator {name!r} already", name)
