"""Which accelerator a command means."""

import json
from pathlib import Path

import pytest

from contracts.accelerator import PRESETS
from contracts.errors import ProPruNNError
from mlservice.cli.subject import accelerator_of


def test_an_accelerator_is_a_preset_or_a_file_of_fields(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"name": "own", "rows": 16}))
    assert accelerator_of("edge-8x8") == PRESETS["edge-8x8"]
    assert (accelerator_of(str(own)).name, accelerator_of(str(own)).rows) == ("own", 16)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: .*No such file"),
        ("{", "cannot be read: Expecting"),
        ("[]", "holds list; it must be an object"),
    ],
)
def test_files_that_describe_none_are_refused(content: str | None, why: str, tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ProPruNNError, match=why):
        accelerator_of(str(path))
