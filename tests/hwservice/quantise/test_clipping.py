"""Ranges are cut where saturating costs less than coarser steps."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import zoo
from hwservice.frontend import QuantiseOptions, load_network, quantise
from hwservice.quantise.clipping import BINS, Histogram, least_error_range
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


@pytest.mark.parametrize("value", [0.0, 3.0, -2.0])
def test_a_map_of_one_number_has_a_range(value: float) -> None:
    low, high = least_error_range(histogram(np.full(100, value)), False)
    assert low <= high


def test_power_of_two_networks_take_the_range_of_least_error_unless_told_otherwise(tmp_path: Path) -> None:
    graph = load_network(zoo.write("ds_cnn", tmp_path))
    images = np.random.default_rng(1).random((16, *graph.input_shape)).astype(np.float32)

    def scales(options: QuantiseOptions) -> list[float]:
        return [tensor.scale for tensor in quantise(graph, images, options).tensors.values()]

    assert scales(QuantiseOptions("power-of-two")) == scales(QuantiseOptions("power-of-two", "mse"))
    assert scales(QuantiseOptions()) == scales(QuantiseOptions(calibration="minmax"))
    assert scales(QuantiseOptions("power-of-two", "mse")) != scales(QuantiseOptions("power-of-two", "minmax"))
