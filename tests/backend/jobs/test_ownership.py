"""Dispatchers know of each other's death, and never of it wrongly."""

from pathlib import Path

from backend.jobs.ownership import Ownership, is_dead
from tests.backend.conftest import Configure


def test_a_dispatcher_lives_until_it_ends() -> None:
    dispatcher = Ownership()
    assert not is_dead(dispatcher.name)
    dispatcher.close()
    assert is_dead(dispatcher.name)


def test_nobody_takes_a_dispatcher_of_another_folder_for_dead(configure: Configure, tmp_path: Path) -> None:
    dispatcher = Ownership()
    other = tmp_path / "other installation"
    other.mkdir()
    configure(folder=other)
    assert not is_dead(dispatcher.name)


def test_nobody_knows_of_another_machine() -> None:
    here, _, rest = Ownership().name.partition(":")
    assert not is_dead(f"elsewhere{here}:{rest}")


def test_an_attempt_without_owner_is_nobodys() -> None:
    assert is_dead("")
