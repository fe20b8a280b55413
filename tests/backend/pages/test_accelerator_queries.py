"""What the pages of accelerators ask of the database: the same however many jobs and accelerators there are."""

from dataclasses import asdict

import pytest

from backend.accounts.models import User
from backend.workspace.models import Accelerator, Project
from contracts.accelerator import PRESETS
from tests.backend.conftest import SignedIn
from tests.backend.pages.conftest import Asked, Finished

LIST = 7
ONE = 8


@pytest.mark.parametrize("count", [1, 30])
def test_the_list(editor: User, project: Project, finished: Finished, asked: Asked, count: int) -> None:
    finished(count)
    for number in range(count):
        fields = asdict(PRESETS["edge-8x8"])
        Accelerator.objects.create(project=project, name=f"own {number}", fields=fields, created_by=editor)
    page = asked(editor, f"/projects/{project.pk}/accelerators", LIST)
    assert page.count(b">Duplicate<") == len(PRESETS) + count


@pytest.mark.parametrize("count", [1, 30])
def test_one(editor: User, project: Project, finished: Finished, asked: Asked, count: int) -> None:
    finished(count)
    assert b"Measured on it" in asked(editor, f"/projects/{project.pk}/accelerators/edge-8x8", ONE)


def test_strangers_learn_nothing(
    stranger: User, viewer: User, project: Project, accelerator: Accelerator, signed_in: SignedIn
) -> None:
    path = f"/projects/{project.pk}/accelerators"
    for place in (path, f"{path}/edge-8x8", f"{path}/{accelerator.pk}", f"{path}/new"):
        assert signed_in(stranger).get(place).status_code == 404
    assert signed_in(viewer).get(f"{path}/new").status_code == 403
    assert signed_in(viewer).post(f"{path}/{accelerator.pk}/delete").status_code == 403
    assert signed_in(viewer).post(f"{path}/edge-8x8/verilog").status_code == 403
