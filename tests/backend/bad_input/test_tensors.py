import pytest

from tests.backend.bad_input.files import TENSORS
from tests.backend.bad_input.installation import BINARY, Installation, refused


@pytest.mark.parametrize("what", TENSORS)
def test_it_is_refused_in_words_that_name_it(installation: Installation, what: str) -> None:
    content, words = TENSORS[what]
    place = f"/projects/{installation.project}/networks"
    answer = installation.client.post(place, params={"name": "bad"}, content=content, headers=BINARY)
    problem = refused(answer, "body", words)
    assert problem["value"].startswith(f"{len(content)} bytes")
