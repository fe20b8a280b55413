"""Two people change one accelerator: the second is told, as `If-Match` tells programs."""

from backend.accounts.models import User
from backend.workspace.models import Accelerator
from tests.backend.conftest import SignedIn


def form_of(accelerator: Accelerator, **values: object) -> dict[str, object]:
    return {**accelerator.fields, "name": accelerator.name, "version": accelerator.version, **values}


def test_a_change_over_another_s_is_refused_and_says_so(
    accelerator: Accelerator, editor: User, owner: User, signed_in: SignedIn
) -> None:
    place = f"/projects/{accelerator.project_id}/accelerators/{accelerator.pk}/change"
    first, second = form_of(accelerator, name="first"), form_of(accelerator, name="second")
    assert signed_in(editor).post(place, first).status_code == 302
    answer = signed_in(owner).post(place, second)
    assert answer.status_code == 200
    assert "was changed by somebody else since you opened it" in answer.content.decode()
    accelerator.refresh_from_db()
    assert accelerator.name == "first"


def test_the_form_knows_what_it_was_opened_with(accelerator: Accelerator, editor: User, signed_in: SignedIn) -> None:
    place = f"/projects/{accelerator.project_id}/accelerators/{accelerator.pk}/change"
    page = signed_in(editor).get(place).content.decode()
    assert f'name="version" value="{accelerator.version}"' in page
