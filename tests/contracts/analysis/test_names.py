import pytest

from contracts.analysis import short_names


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("/layer1/layer1.0/conv1/Conv", "layer1.0.conv1"),
        ("/stem/Conv_2", "stem"),
        ("stage1.0.conv1", "stage1.0.conv1"),
        ("Conv", "Conv"),
        ("/Conv", "Conv"),
        ("(end)", "(end)"),
        ("/backbone/features/features.17/conv/conv.2/Conv", "backbon…17.conv.2"),
    ],
)
def test_exporters_paths_become_short_labels(name: str, label: str) -> None:
    assert short_names([name]) == (label,)


def test_labels_differ_where_names_do() -> None:
    assert short_names(["/a/Conv", "/a/Conv_1", "/a/Relu"]) == ("a", "a #2", "a #3")


def test_no_label_is_longer_than_a_plot_has_room_for() -> None:
    names = [f"/model/encoder/blocks/blocks.{k}/a_very_long_module_name_indeed/Conv" for k in range(12)]
    assert all(len(label) <= 26 for label in short_names(names))
    assert len(set(short_names(names))) == 12
