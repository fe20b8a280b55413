"""The contract of all executors."""

import os
import signal
from pathlib import Path

import pytest

from contracts.job import FailureClass, JobState
from servicekit.jobs.task import Capacity, Executor, Limits
from tests.servicekit.jobs.witness import MakeTask, Witness, process_lives, until


def test_a_task_tells_its_progress_and_its_result(executor: Executor, make_task: MakeTask) -> None:
    task, witness = make_task("good", do="succeed", text="hello"), Witness()
    executor.submit(task, witness)
    outcome = witness.wait()
    assert outcome.state is JobState.COMPLETED
    assert outcome.result == {"said": "hello"}
    assert outcome.artifacts == {"note": "note.txt"}
    assert (task.folder / "note.txt").read_text() == "hello"
    assert witness.starts == 1
    until(lambda: [message["kind"] for message in witness.messages] == ["progress", "log"])


def test_a_key_is_submitted_once(executor: Executor, make_task: MakeTask) -> None:
    task, witness = make_task("twice", do="sleep", seconds=1), Witness()
    executor.submit(task, witness)
    with pytest.raises(ValueError, match="twice"):
        executor.submit(task, Witness())
    executor.cancel("twice")
    witness.wait()


def test_a_cancelled_task_leaves_no_process_behind(executor: Executor, make_task: MakeTask) -> None:
    witness = Witness()
    executor.submit(make_task("sleeper", do="sleep"), witness)
    child = witness.child()
    assert executor.alive("sleeper")
    executor.cancel("sleeper")
    assert witness.wait().state is JobState.CANCELLED
    assert not process_lives(child)
    until(lambda: not executor.alive("sleeper"))


def test_a_cancelled_task_stops_what_it_started_elsewhere(
    executor: Executor, make_task: MakeTask, tmp_path: Path
) -> None:
    witness, stopped = Witness(), tmp_path / "stopped"
    executor.submit(make_task("far", do="work elsewhere", stopped=str(stopped)), witness)
    child = witness.child()
    executor.cancel("far")
    assert witness.wait().state is JobState.CANCELLED
    assert stopped.read_text() == "stopped"
    assert not process_lives(child)


def test_a_waiting_task_is_cancelled_without_ever_running(executor: Executor, make_task: MakeTask) -> None:
    busy = [Witness(), Witness()]
    for number, witness in enumerate(busy):
        executor.submit(make_task(f"busy{number}", do="sleep"), witness)
    until(lambda: executor.capacity().running == 2)
    late = Witness()
    executor.submit(make_task("late", do="succeed", text=""), late)
    assert executor.capacity() == Capacity(2, 2, 1)
    assert sum(worker.slots for worker in executor.capacity().workers) == 2
    executor.cancel("late")
    assert late.wait().state is JobState.CANCELLED
    assert late.starts == 0
    for number in range(2):
        executor.cancel(f"busy{number}")
    assert [witness.wait().state for witness in busy] == [JobState.CANCELLED] * 2


def test_a_freed_slot_takes_the_next_task(executor: Executor, make_task: MakeTask) -> None:
    witnesses = [Witness() for _ in range(5)]
    for number, witness in enumerate(witnesses):
        executor.submit(make_task(f"row{number}", do="succeed", text=str(number)), witness)
    assert [witness.wait().result for witness in witnesses] == [{"said": str(number)} for number in range(5)]


@pytest.mark.parametrize(
    ("deed", "failure_class", "words"),
    [
        ("network", FailureClass.INPUT, "operator Foo is not supported"),
        ("capacity", FailureClass.CAPACITY, "bank_depth is too small"),
        ("tool", FailureClass.INFRASTRUCTURE, "java is missing"),
        ("bug", FailureClass.BUG, "internal error"),
        ("die", FailureClass.INFRASTRUCTURE, "killed from outside"),
        ("leave", FailureClass.BUG, "last words"),
    ],
)
def test_a_failure_has_a_class_and_words(
    executor: Executor, make_task: MakeTask, deed: str, failure_class: FailureClass, words: str
) -> None:
    witness = Witness()
    executor.submit(make_task(f"bad-{deed}", do=deed), witness)
    outcome = witness.wait()
    assert outcome.state is JobState.FAILED
    assert outcome.failure is not None
    assert outcome.failure.failure_class is failure_class
    assert words in outcome.failure.message


def test_the_time_limit_counts_from_the_start(executor: Executor, make_task: MakeTask) -> None:
    witness = Witness()
    executor.submit(make_task("slow", Limits(seconds=1.0), do="sleep"), witness)
    child = witness.child()
    outcome = witness.wait()
    assert outcome.failure is not None
    assert (outcome.failure.failure_class, outcome.failure.code) == (FailureClass.CAPACITY, "TimeLimit")
    assert not process_lives(child)


def test_the_memory_limit_holds_for_all_processes_together(executor: Executor, make_task: MakeTask) -> None:
    witness = Witness()
    executor.submit(make_task("greedy", Limits(memory_bytes=200 << 20), do="eat"), witness)
    outcome = witness.wait()
    assert outcome.failure is not None
    assert (outcome.failure.failure_class, outcome.failure.code) == (FailureClass.CAPACITY, "MemoryLimit")


def test_a_process_killed_from_outside_is_a_clear_failure(executor: Executor, make_task: MakeTask) -> None:
    witness = Witness()
    executor.submit(make_task("victim", do="sleep"), witness)
    child = witness.child()
    parent = int(Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(parent, signal.SIGKILL)
    outcome = witness.wait()
    assert outcome.failure is not None
    assert outcome.failure.code == "Killed"
    assert not process_lives(child)


def test_a_frozen_process_is_given_up_with_all_it_started(executor: Executor, make_task: MakeTask) -> None:
    witness = Witness()
    executor.submit(make_task("frozen", Limits(silent_seconds=3), do="freeze"), witness)
    child = witness.child()
    failure = witness.wait(60).failure
    assert failure is not None
    assert (failure.failure_class, failure.code) == (FailureClass.INFRASTRUCTURE, "Silent")
    assert not process_lives(child)


def test_a_process_that_only_works_is_not_taken_for_frozen(executor: Executor, make_task: MakeTask) -> None:
    witness = Witness()
    executor.submit(make_task("busy", Limits(silent_seconds=2), do="sleep", seconds=5), witness)
    assert witness.wait(60).state is JobState.COMPLETED
    assert {message["kind"] for message in witness.messages} == {"log"}


def test_unknown_keys_are_not_alive_and_cancelling_them_changes_nothing(executor: Executor) -> None:
    executor.cancel("nobody")
    assert not executor.alive("nobody")
