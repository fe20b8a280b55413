import pytest

from tests.backend.bad_input.files import BYTES
from tests.backend.bad_input.installation import Installation, upload_is_refused


@pytest.mark.parametrize("what", BYTES)
def test_it_is_refused_in_words_that_name_it(installation: Installation, what: str) -> None:
    upload_is_refused(installation, "networks", *BYTES[what])
