"""Ranges of activations on user data, by float evaluation with ONNX Runtime."""

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from contracts.errors import CalibrationError
from contracts.quantisation import QuantiseOptions
from hwservice.ir.graph import Graph
from hwservice.quantise.clipping import Histogram, least_entropy_range, least_error_range, percentile_range
from hwservice.quantise.scales import Range

Floats = NDArray[np.float32]
BATCH = 32
HISTOGRAM_BATCHES = 4
DEFAULT_IMAGES = 32


def check_images(graph: Graph, images: Floats, what: str) -> Floats:
    """Images as float32 [N, ...] in the shape of the network's input.

    Raises:
        CalibrationError: wrong shape, no image, or values that are not finite.
    """
    if images.shape == graph.input_shape:
        images = images[None]
    if images.shape[1:] != graph.input_shape or len(images) == 0:
        raise CalibrationError(
            f"{what} has shape {list(images.shape)}; the network wants [N, {', '.join(map(str, graph.input_shape))}], N at least 1"
        )
    if not np.isfinite(images).all():
        raise CalibrationError(f"{what} holds NaN or infinite values")
    return np.ascontiguousarray(images, np.float32)


def made_up_images(graph: Graph) -> Floats:
    """What calibration uses where the user gives no data: seeded normal noise."""
    shape = (DEFAULT_IMAGES, *graph.input_shape)
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def session(graph: Graph, values: list[str]) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session that also returns the named intermediate values, for any batch size."""
    model = onnx.load_from_string(graph.model)
    present = {output.name for output in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in values if name not in present)
    for value in model.graph.input:
        if value.name == graph.input_name:
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
    for value in [*model.graph.output, *model.graph.value_info]:
        if value.type.tensor_type.shape.dim:
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # failures are raised; `evaluate` expects some
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def evaluate(graph: Graph, images: Floats, values: list[str] | None = None) -> dict[str, Floats]:
    """Float results of the network's outputs, or of other values of the graph, [N, ...] each."""
    names = values if values is not None else [output.name for output in graph.outputs]
    run = session(graph, names)
    try:
        parts = [run.run(names, {graph.input_name: images[k : k + BATCH]}) for k in range(0, len(images), BATCH)]
    except Exception:  # a Reshape to batch 1 written into the graph
        parts = [run.run(names, {graph.input_name: images[k : k + 1]}) for k in range(len(images))]
    return {name: np.concatenate([part[k] for part in parts]) for k, name in enumerate(names)}


def ranges(graph: Graph, images: Floats, options: QuantiseOptions) -> dict[str, Range]:
    """The range to represent of the input and of every layer's output (and of sums before an add), by ONNX value.

    Args:
        graph: the float network.
        images: [N, ...] in the shape of its input.
        options: which part of the values' whole range to take.
    """
    parts = [images[at : at + BATCH] for at in range(0, len(images), BATCH)]
    found: dict[str, Range] = {}
    for part in parts:
        for name, values in _values(graph, part).items():
            low, high = found.get(name, (np.inf, -np.inf))
            found[name] = min(low, float(values.min())), max(high, float(values.max()))
    if options.chosen_method == "min-max":
        return found
    empty = Histogram.mirrored if options.chosen_method == "entropy" else Histogram.over
    histograms = {name: empty(bounds) for name, bounds in found.items()}
    for part in parts[:HISTOGRAM_BATCHES]:
        for name, values in _values(graph, part).items():
            histograms[name].add(values)
    return {name: _cut(histogram, found[name], options) for name, histogram in histograms.items()}


def _cut(histogram: Histogram, bounds: Range, options: QuantiseOptions) -> Range:
    if options.chosen_method == "percentile":
        return percentile_range(histogram, options.percentile)
    if options.chosen_method == "entropy":
        return least_entropy_range(histogram, bounds)
    return least_error_range(histogram, options.power_of_two)


def _values(graph: Graph, images: Floats) -> dict[str, Floats]:
    names = list(dict.fromkeys(v for layer in graph.layers for v in (layer.value, layer.mid_value) if v))
    return evaluate(graph, images, names) | {graph.input_name: images}
