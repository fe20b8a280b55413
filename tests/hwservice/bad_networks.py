"""Networks that must be refused in words, never with a traceback, and never take the service down."""

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.hwservice.small_network import small_network


def _changed(change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = small_network()
    change(model)
    return bytes(model.SerializeToString())


def _weight(value: float) -> bytes:
    def change(model: onnx.ModelProto) -> None:
        array = numpy_helper.to_array(model.graph.initializer[0]).copy()
        array.flat[5] = value
        model.graph.initializer[0].CopyFrom(numpy_helper.from_array(array, "w1"))

    return _changed(change)


def _external(place: str) -> bytes:
    def change(model: onnx.ModelProto) -> None:
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=place)

    return _changed(change)


def _cycle(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[0] = "r2"


def _dangle(model: onnx.ModelProto) -> None:
    model.graph.node[2].input[0] = "nowhere"


def _no_output(model: onnx.ModelProto) -> None:
    del model.graph.output[:]


def _zero_dimension(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 0


def _huge_kernel(model: onnx.ModelProto) -> None:
    array = np.zeros((8, 3, 31, 31), np.float32)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(array, "w1"))


def _attribute(name: str, value: int | list[int]) -> bytes:
    def change(model: onnx.ModelProto) -> None:
        node = model.graph.node[0]
        kept = [attribute for attribute in node.attribute if attribute.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute(name, value)])

    return _changed(change)


def _operator(model: onnx.ModelProto) -> None:
    model.graph.node[1].op_type = "Sin"


def _loop() -> bytes:
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"])],
        "body",
        [
            helper.make_tensor_value_info("step", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("go_on", TensorProto.BOOL, [])],
    )

    def change(model: onnx.ModelProto) -> None:
        model.graph.initializer.extend(
            [
                numpy_helper.from_array(np.array(2**62), "trips"),
                numpy_helper.from_array(np.array(True), "always"),
            ]
        )
        model.graph.node.insert(0, helper.make_node("Loop", ["trips", "always"], [], body=body))

    return _changed(change)


def _functions(model: onnx.ModelProto) -> None:
    function = helper.make_function(
        "own", "Twice", ["x"], ["y"], [helper.make_node("Add", ["x", "x"], ["y"])], [helper.make_opsetid("", 17)]
    )
    model.functions.append(function)
    model.opset_import.append(helper.make_opsetid("own", 1))


def _opset(version: int) -> bytes:
    def change(model: onnx.ModelProto) -> None:
        model.opset_import[0].version = version

    return _changed(change)


BAD_NETWORKS: dict[str, tuple[bytes, str]] = {
    "one byte": (b"x", "bytes|ONNX"),
    "text": (b"this is a text and no network at all, however long it may be\n" * 20, "ONNX"),
    "truncated": (small_network().SerializeToString()[:-700], "ONNX|valid|truncated"),
    "no graph": (helper.make_model(helper.make_graph([], "empty", [], [])).SerializeToString(), "bytes|output|input"),
    "external data above the folder": (_external("../../../../etc/passwd"), "external|passwd|folder"),
    "external data with an absolute path": (_external("/etc/passwd"), "external|passwd|folder"),
    "external data that is missing": (_external("weights.bin"), "external|weights.bin"),
    "a cycle": (_changed(_cycle), "topological|sorted|r2|cycl"),
    "a dangling input": (_changed(_dangle), "nowhere"),
    "no output": (_changed(_no_output), "output"),
    "an open height": (small_network(height="height").SerializeToString(), "height"),
    "NaN weights": (_weight(float("nan")), "NaN|finite"),
    "infinite weights": (_weight(float("inf")), "infinite|finite"),
    "a zero dimension": (_changed(_zero_dimension), "0"),
    "a kernel larger than the padded input": (_changed(_huge_kernel), "kernel|31|larger|shape"),
    "stride 0": (_attribute("strides", [0, 0]), "stride"),
    "group 0": (_attribute("group", 0), "group"),
    "huge pads": (_attribute("pads", [1 << 40, 1, 1, 1]), "pad"),
    "dilation 0": (_attribute("dilations", [0, 0]), "dilation"),
    "an unknown operator": (_changed(_operator), "Sin"),
    "control flow": (_loop(), "Loop"),
    "local functions": (_changed(_functions), "function"),
    "opset 9": (_opset(9), "opset"),
    "opset 99": (_opset(99), "opset|valid"),
}
"""What is wrong: the file, and a pattern that the answer must contain."""
