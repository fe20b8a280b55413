"""Checkpoints are whole, checked and of the same run, and a full disk leaves the former ones."""

import hashlib
import io
from pathlib import Path

import pytest
import torch

from contracts.errors import InputError, ToolError
from mlservice.training.checkpoints import Checkpoints

STATE = {"weights": torch.arange(4.0), "history": [{"loss": 0.5}], "step": 3}


def checkpoints(folder: Path, **identity: int) -> Checkpoints:
    return Checkpoints(folder / "checkpoints", {"network": "resnet8", "seed": 0, **identity})


def test_the_newest_is_read_and_two_are_kept(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    assert kept.load() is None
    for step in (5, 10, 100):
        kept.save(step, {**STATE, "step": step})
    found = kept.load()
    assert found is not None
    assert (found["step"], found["history"]) == (100, [{"loss": 0.5}])
    assert torch.equal(found["weights"], STATE["weights"])  # type: ignore[arg-type]  # a tensor
    assert [path.name[:20] for path in sorted(kept.folder.iterdir())] == [
        "checkpoint-000000010",
        "checkpoint-000000100",
    ]


@pytest.mark.parametrize("damage", [lambda content: content[:-100], lambda content: content[:60] + b"?" + content[61:]])
def test_a_damaged_one_is_passed_over_for_the_one_before(tmp_path: Path, damage: object) -> None:
    kept = checkpoints(tmp_path)
    kept.save(1, {"step": 1})
    newest = kept.save(2, {"step": 2})
    newest.write_bytes(damage(newest.read_bytes()))  # type: ignore[operator]  # one of the above
    assert kept.load() == {"step": 1}


def test_another_runs_are_refused_naming_the_difference(tmp_path: Path) -> None:
    checkpoints(tmp_path).save(1, STATE)
    with pytest.raises(InputError, match="another run: seed is 1 now and was 0"):
        checkpoints(tmp_path, seed=1).load()


def test_a_full_disk_is_told_with_sizes_and_leaves_the_former_one(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    former = kept.save(1, {"step": 1})
    stream = io.BytesIO()
    torch.save({"identity": dict(kept.identity), "state": {"step": 2}}, stream)
    digest = hashlib.sha256(stream.getvalue()).hexdigest()[:16]
    # What is written goes to a device on which there never is any space.
    (kept.folder / f"checkpoint-000000002-{digest}.part").symlink_to("/dev/full")
    with pytest.raises(
        ToolError, match=rf"no space for the checkpoint .* are free in .* the last good one is {former}"
    ):
        kept.save(2, {"step": 2})
    assert kept.load() == {"step": 1}
    assert list(kept.folder.iterdir()) == [former]
