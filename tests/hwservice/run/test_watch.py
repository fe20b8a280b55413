import pytest

from contracts.errors import CancelledError
from hwservice.run.throttle import Throttle
from hwservice.run.watch import Progress, Watch, by_cycles


def test_phases_are_told_from_0_to_1_with_their_place() -> None:
    heard: list[Progress] = []
    watch = Watch(("first", "second"), heard.append)
    with watch.phase("first"):
        watch.tell(0.5, "half")
    with watch.phase("second"):
        pass
    assert [(p.phase, p.index, p.phases, p.fraction) for p in heard] == [
        ("first", 0, 2, 0.0), ("first", 0, 2, 0.5), ("first", 0, 2, 1.0), ("second", 1, 2, 0.0), ("second", 1, 2, 1.0),
    ]  # fmt: skip
    assert heard[0].seconds_left is None
    assert heard[1].seconds_left is not None
    assert heard[1].message == "half"
    assert set(watch.seconds) == {"first", "second"}


def test_a_cancelled_run_stops_at_the_next_phase() -> None:
    watch = Watch()
    watch.cancel.set()
    with pytest.raises(CancelledError), watch.phase("never"):
        raise AssertionError("it went on")


def test_a_throttle_lets_new_keys_and_ends_pass() -> None:
    throttle = Throttle(60)
    assert throttle.passes("a")
    assert not throttle.passes("a")
    assert throttle.passes("a", finished=True)
    assert throttle.passes("b")
    assert Throttle(0).passes("a")


def test_cycles_within_an_input_count_as_progress() -> None:
    heard: list[Progress] = []
    watch = Watch(("simulate",), heard.append)
    tell = by_cycles(watch, expected_cycles=1000, inputs=2)
    for share, line in ((0.0, "cycles 500"), (0.5, "input 1"), (0.5, "cycles 5000"), (1.0, "total 6000")):
        tell(share, line)
    assert [progress.fraction for progress in heard] == pytest.approx([0.25, 0.5, 0.995, 1.0])
