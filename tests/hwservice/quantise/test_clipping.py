"""Ranges are cut where saturating costs less than coarser steps."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import zoo
from hwservice.frontend import QuantiseOptions, load_network, quantise
from hwservice.quantise.clipping import BINS, Histogram, least_entropy_range, least_error_range, percentile_range
from hwservice.quantise.scales import choose_scale


def histogram(values: np.ndarray) -> Histogram:
    found = Histogram.over((float(values.min()), float(values.max())))
    for part in np.array_split(values.astype(np.float32), 4):
        found.add(part)
    return found


def squared_error(values: np.ndarray, bounds: tuple[float, float], power_of_two: bool) -> float:
    scale = choose_scale(bounds, power_of_two)
    raw = np.clip(np.rint(values / scale.scale) + scale.zero_point, 0, 255)
    return float((((raw - scale.zero_point) * scale.scale - values) ** 2).mean())


def activations(kind: str) -> np.ndarray:
    draw = np.random.default_rng(0)
    normal = draw.normal(0, 1, 50_000)
    return {
        "relu": np.maximum(normal, 0),
        "signed": normal,
        "outlier": np.append(np.maximum(normal, 0), 12.0),
        "just over a power of two": np.append(draw.uniform(0, 0.99, 50_000), 1.05),
    }[kind]


@pytest.mark.parametrize("power_of_two", [False, True])
@pytest.mark.parametrize("kind", ["relu", "signed", "outlier", "just over a power of two"])
def test_the_error_is_never_greater_than_over_the_whole_range(kind: str, power_of_two: bool) -> None:
    values = activations(kind)
    whole = (float(values.min()), float(values.max()))
    cut = least_error_range(histogram(values), power_of_two)
    assert squared_error(values, cut, power_of_two) <= 1.02 * squared_error(values, whole, power_of_two)


def test_a_lone_outlier_is_cut_off() -> None:
    counts = np.where(np.arange(BINS) < BINS // 3, 1e6, 0.0)
    counts[-1] = 1
    assert least_error_range(Histogram(0.0, 12.0, counts), False)[1] == pytest.approx(4, abs=0.2)


def test_a_map_that_fills_its_range_keeps_it() -> None:
    values = np.linspace(-1, 1, 10_001)
    low, high = least_error_range(histogram(values), False)
    assert (low, high) == pytest.approx((-1, 1), abs=0.03)


def test_a_power_of_two_is_not_doubled_for_a_few_values() -> None:
    cut = least_error_range(histogram(activations("just over a power of two")), True)
    assert choose_scale(cut, True).scale == 2.0**-8


def test_a_percentile_leaves_that_share_out_at_each_side() -> None:
    values = np.linspace(-1, 1, 10_001)
    assert percentile_range(histogram(values), 90) == pytest.approx((-0.8, 0.8), abs=0.002)
    assert percentile_range(histogram(values), 100) == pytest.approx((-1, 1))


def test_a_percentile_never_leaves_zero_out() -> None:
    low, high = percentile_range(histogram(np.linspace(2, 3, 1_001)), 90)
    assert low == 0
    assert high == pytest.approx(2.9, abs=0.01)


def mirrored(values: np.ndarray) -> tuple[Histogram, tuple[float, float]]:
    bounds = (float(values.min()), float(values.max()))
    found = Histogram.mirrored(bounds)
    found.add(values.astype(np.float32))
    return found, bounds


def test_entropy_cuts_a_long_tail_and_keeps_a_short_one() -> None:
    draw = np.random.default_rng(0)
    assert least_entropy_range(*mirrored(np.append(draw.normal(0, 1, 200_000), 20.0)))[1] < 10
    low, high = least_entropy_range(*mirrored(draw.uniform(-1, 1, 200_000)))
    assert (low, high) == pytest.approx((-1, 1), abs=0.05)


def test_entropy_does_not_take_the_zeros_of_a_relu_for_information() -> None:
    values = activations("relu")
    found, bounds = mirrored(values)
    assert found.counts.sum() == np.count_nonzero(values)
    assert least_entropy_range(found, bounds)[1] > 3.5


@pytest.mark.parametrize("value", [0.0, 3.0, -2.0])
def test_a_map_of_one_number_has_an_entropy_range(value: float) -> None:
    low, high = least_entropy_range(*mirrored(np.full(100, value)))
    assert low <= high
    assert max(-low, high) == pytest.approx(abs(value), abs=0.01)


@pytest.mark.parametrize("value", [0.0, 3.0, -2.0])
def test_a_map_of_one_number_has_a_range(value: float) -> None:
    low, high = least_error_range(histogram(np.full(100, value)), False)
    assert low <= high


def test_power_of_two_networks_take_the_range_of_least_error_unless_told_otherwise(tmp_path: Path) -> None:
    graph = load_network(zoo.write("ds_cnn", tmp_path))
    images = np.random.default_rng(1).random((16, *graph.input_shape)).astype(np.float32)

    def scales(options: QuantiseOptions) -> list[float]:
        return [tensor.scale for tensor in quantise(graph, images, options).tensors.values()]

    assert scales(QuantiseOptions("power-of-two")) == scales(QuantiseOptions("power-of-two", "least-error"))
    assert scales(QuantiseOptions()) == scales(QuantiseOptions(method="min-max"))
    assert scales(QuantiseOptions("power-of-two", "least-error")) != scales(QuantiseOptions("power-of-two", "min-max"))
