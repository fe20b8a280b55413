"""Accelerators of a project's own over the API."""

from backend.accounts.models import User
from backend.workspace.models import Accelerator, Project
from tests.backend.conftest import ClientOf


def test_a_description_says_what_it_costs(editor: User, accelerator: Accelerator, client_of: ClientOf) -> None:
    costs = client_of(editor).get(f"/api/v1/accelerators/{accelerator.pk}").json()["costs"]
    assert costs["multipliers"] == 64
    assert costs["peak_gops"] == 6.4
    assert costs["origin"] == "computed from the parameters"


def test_every_wrong_parameter_is_named_with_what_is_allowed(
    editor: User, project: Project, client_of: ClientOf
) -> None:
    body = {"name": "odd", "fields": {"rows": 3, "lanes": 5}}
    answer = client_of(editor).post(f"/api/v1/projects/{project.pk}/accelerators", body)
    problem = answer.json()
    assert answer.status_code == 422
    assert {error["field"] for error in problem["errors"]} == {"body.fields.rows", "body.fields.lanes"}
    first = problem["field"].removeprefix("body.fields.")
    assert "power of two" in problem["detail"]
    assert problem["fix"] == {"rows": "rows 2", "lanes": "lanes 4"}[first]
    assert not Accelerator.objects.filter(project=project).exists()


def test_a_name_is_taken_once_and_presets_keep_theirs(
    editor: User, project: Project, accelerator: Accelerator, client_of: ClientOf
) -> None:
    for name in (accelerator.name, "edge-8x8"):
        path = f"/api/v1/projects/{project.pk}/accelerators"
        answer = client_of(editor).post(path, {"name": name, "fields": {}})
        assert (answer.status_code, answer.json()["field"]) == (409, "body.name")
    assert Accelerator.objects.filter(project=project).count() == 1
