"""Names of rows."""

from backend.ids import new_id


def test_names_sort_as_they_were_made_also_within_one_millisecond() -> None:
    made = [new_id("job") for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {len(name) for name in made} == {len("job_") + 26}
