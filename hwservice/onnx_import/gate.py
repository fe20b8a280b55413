"""What may come in: one file, static shapes, known operators, finite weights."""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper, shape_inference

from contracts.errors import NetworkError
from hwservice.ir.graph import FloatLayer

SIZE_LIMIT_BYTES = 1 << 30
WORK_LIMIT_ELEMENTS = 1 << 28
"""Elements of the largest tensor."""
WORK_LIMIT_MACS = 1 << 40
"""Multiplications for one input; ResNet-50 at 224 x 224 takes 2**32."""


def open_model(path: Path) -> onnx.ModelProto:
    """Parse and check a file.

    Raises:
        NetworkError: not ONNX, truncated, too large, with data outside its folder, cyclic, dangling, with local functions, or with weights
            that are not finite.
    """
    if not path.is_file():
        raise NetworkError(f"network {str(path)!r} does not exist")
    size = path.stat().st_size
    if not 16 <= size <= SIZE_LIMIT_BYTES:
        raise NetworkError(f"network {path.name!r} has {size} bytes; an ONNX file has 16 to {SIZE_LIMIT_BYTES}")
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:
        raise NetworkError(f"network {path.name!r} is no ONNX file or is truncated ({type(error).__name__})") from error
    _check_external(model, path)
    if model.functions:
        raise NetworkError(f"network {path.name!r} defines local functions; export it with them inlined")
    try:
        onnx.load_external_data_for_model(model, str(path.parent))
        onnx.checker.check_model(model)
        model = shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:
        raise NetworkError(f"network {path.name!r} is not valid: {str(error).strip().splitlines()[0]}") from error
    _check_weights(model)
    return model


def _check_external(model: onnx.ModelProto, path: Path) -> None:
    folder = path.parent.resolve()
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            target = (folder / entry.value).resolve()
            if entry.key == "location" and not target.is_relative_to(folder):
                raise NetworkError(f"weight {tensor.name!r} lies in {entry.value!r}, outside the network's folder")


def _check_weights(model: onnx.ModelProto) -> None:
    for tensor in model.graph.initializer:
        if 0 in tensor.dims:
            raise NetworkError(f"weight {tensor.name!r} has shape {list(tensor.dims)}; no dimension may be 0")
        if tensor.data_type == onnx.TensorProto.STRING:
            raise NetworkError(f"weight {tensor.name!r} holds text; weights must hold numbers")
        try:
            values = numpy_helper.to_array(tensor)
        except (ValueError, TypeError) as error:
            shape = list(tensor.dims)
            raise NetworkError(
                f"weight {tensor.name!r} does not fill its shape {shape} exactly; export again"
            ) from error
        if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
            raise NetworkError(
                f"weight {tensor.name!r} holds NaN or infinite values; repair the checkpoint and export again"
            )


def input_shape(model: onnx.ModelProto, dims: dict[str, int] | None) -> tuple[str, tuple[int, ...]]:
    """Name and static shape of the one input; a dynamic batch is 1.

    Raises:
        NetworkError: several inputs, a dynamic dimension without a value in `dims`, or a dimension of 0.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise NetworkError(
            f"the network has {len(inputs)} inputs ({', '.join(v.name for v in inputs)}); it must have one"
        )
    value, shape = inputs[0], []
    for axis, dim in enumerate(value.type.tensor_type.shape.dim):
        given = (dims or {}).get(dim.dim_param)
        size = dim.dim_value if dim.HasField("dim_value") else given or (1 if axis == 0 else None)
        if size is None:
            label = dim.dim_param or f"axis {axis}"
            raise NetworkError(f"input {value.name!r} has a dynamic dimension {label!r}; give it a value with --dim")
        if size <= 0:
            raise NetworkError(f"input {value.name!r} has dimension {size} at axis {axis}; it must be at least 1")
        shape.append(int(size))
    if int(np.prod(shape)) > WORK_LIMIT_ELEMENTS:
        raise NetworkError(f"input {value.name!r} has shape {shape}: more than {WORK_LIMIT_ELEMENTS} elements")
    return value.name, tuple(shape)


def check_work(layers: list[FloatLayer]) -> None:
    """No map and no network may ask for absurd room or work.

    Raises:
        NetworkError: names the map, or the layer with the most work.
    """
    for layer in layers:
        elements = layer.channels * layer.height * layer.width
        if elements > WORK_LIMIT_ELEMENTS:
            shape = [layer.channels, layer.height, layer.width]
            raise NetworkError(
                f"map {layer.name!r} has shape {shape}: {elements} elements, more than {WORK_LIMIT_ELEMENTS}; use a smaller input"
            )
    work = {layer.name: _multiplications(layer) for layer in layers}
    if sum(work.values()) > WORK_LIMIT_MACS:
        most = max(work, key=lambda name: work[name])
        raise NetworkError(
            f"one input takes {sum(work.values())} multiplications, more than {WORK_LIMIT_MACS}; most of them ({work[most]}) in {most!r}"
        )


def _multiplications(layer: FloatLayer) -> int:
    taps = int(np.prod(layer.window.kernel)) if layer.weights is None else int(np.prod(layer.weights.shape[1:]))
    return taps * layer.channels * layer.height * layer.width
