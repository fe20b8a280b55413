"""Walks longer than a memory are cut into pieces of one length, of which two fit."""

import pytest

from hwservice.compiler.segments import chunks


@pytest.mark.parametrize(("length", "limit"), [(25_088, 8192), (8193, 8192), (129, 128), (1000, 128), (4000, 100)])
def test_pieces_are_about_as_long_and_two_fit(length: int, limit: int) -> None:
    pieces = chunks(length, limit)
    sizes = [high - low for low, high in pieces]
    assert [low for low, _ in pieces] == [0, *(high for _, high in pieces[:-1])]
    assert pieces[-1][1] == length
    assert 2 * max(sizes) <= limit
    assert max(sizes) - min(sizes) <= 8 * len(sizes)


def test_a_walk_that_fits_stays_whole() -> None:
    assert chunks(128, 128) == [(0, 128)]
