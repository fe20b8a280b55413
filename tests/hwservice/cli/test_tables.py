"""Tables hold names that a person can read."""

import pytest

from hwservice.cli.tables import NAME_WIDTH, short_names


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("/blocks/blocks.0/first/first.0/Conv_output_0", "blocks.0/first.0/Conv"),
        ("/stem/stem.0/Conv_output_0", "stem.0/Conv"),
        ("getitem_3", "getitem_3"),
        ("output", "output"),
        ("(end)", "(end)"),
    ],
)
def test_what_an_exporter_repeats_is_left_out(name: str, short: str) -> None:
    assert short_names([name]) == [short]


def test_a_long_name_keeps_its_begin_and_end() -> None:
    (short,) = short_names(["features/denseblock1/denselayer12/conv_with_a_long_name/Convolution"])
    assert short.startswith("features/denseblo")
    assert short.endswith("name/Convolution")
    assert len(short) <= NAME_WIDTH


def test_names_that_would_be_alike_stay_whole() -> None:
    names = ["/a/a.0/Conv_output_0", "/a.0/Conv_output_0", "b"]
    assert short_names(names) == names
