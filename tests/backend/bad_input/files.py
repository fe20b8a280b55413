"""Files that must be refused, by what is wrong with them: the content, and words that the answer must hold."""

import gzip
import io
import pickle
import zipfile
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.hwservice.bad_networks import BAD_NETWORKS
from tests.hwservice.small_network import images_bytes, small_network, small_network_bytes

Cases = dict[str, tuple[bytes, str]]


def changed(change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = small_network()
    change(model)
    return bytes(model.SerializeToString())


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def claiming(shape: tuple[int, ...], content: bytes, dtype: str = "<f4") -> bytes:
    """An array whose header says one thing and whose content another."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": dtype, "fortran_order": False, "shape": shape})
    return zipped({"input.npy": header.getvalue() + content})


def named(*names: str) -> Cases:
    """Those of `BAD_NETWORKS`; the first of the words that fit."""
    return {name: (BAD_NETWORKS[name][0], BAD_NETWORKS[name][1].split("|")[0]) for name in names}


def _negative_dimension(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = -3


def _huge_dimension(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 1 << 40


def _short_weight(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].raw_data = model.graph.initializer[0].raw_data[:-8]


def _long_weight(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].raw_data += bytes(400)


def _text_weight(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_type = TensorProto.STRING
    tensor.string_data.extend([b"x"] * 216)


def _weight_twice(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(model.graph.initializer[0])


def _two_inputs(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, [1, 3, 8, 8]))


def _foreign_domain(model: onnx.ModelProto) -> None:
    model.graph.node[1].domain = "com.example"
    model.opset_import.append(helper.make_opsetid("com.example", 1))


def _if(model: onnx.ModelProto) -> None:
    made = [helper.make_tensor_value_info("b1", TensorProto.FLOAT, None)]
    branch = helper.make_graph([helper.make_node("Identity", ["c1"], ["b1"])], "branch", [], made)
    node = helper.make_node("If", ["c1"], ["i1"], then_branch=branch, else_branch=branch)
    model.graph.node.insert(1, node)


def _wrong_attribute_type(model: onnx.ModelProto) -> None:
    del model.graph.node[0].attribute[:]
    model.graph.node[0].attribute.append(helper.make_attribute("pads", "same"))


def _channels_that_do_not_fit(model: onnx.ModelProto) -> None:
    model.graph.node[2].input[1] = "w1"


BYTES: Final[Cases] = {
    **named("one byte", "text", "truncated"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "ONNX"),
    "a page": (b"<!doctype html><html>" * 20, "ONNX"),
    "a compressed network": (gzip.compress(small_network_bytes()), "ONNX"),
    "a pickled object": (pickle.dumps({"weights": list(range(200))}), "ONNX"),
    "zeros": (bytes(1000), "ONNX"),
    "half of it twice": (small_network_bytes()[:2000] * 2, "ONNX"),
}
ARCHIVES: Final[Cases] = {
    "one byte": (b"x", "npz"),
    "text": (b"hello" * 100, "npz"),
    "truncated": (images_bytes()[:-100], "npz"),
    "a single array": (images_bytes()[30:], "npz"),
    "no input": (npz(output=np.zeros(3)), "no key 'input'"),
    "nothing in it": (zipped({}), "no key 'input'"),
    "objects": (npz(input=np.array([{"a": 1}], dtype=object)), "objects"),
    "a scalar": (npz(input=np.float32(1)), "nothing in it"),
    "no images": (npz(input=np.zeros((0, 3, 8, 8))), "nothing in it"),
    "Fortran order": (npz(input=np.asfortranarray(np.zeros((2, 3, 8, 8)))), "Fortran"),
    "two terabytes by its header": (claiming((1 << 39,), bytes(1 << 20)), "bytes by its shape"),
    "less than its header says": (claiming((4, 3, 8, 8), bytes(100)), "bytes by its shape"),
    "more than its header says": (claiming((1, 3), bytes(1000)), "bytes by its shape"),
    "a member that is no array": (zipped({"input.npy": b"hello" * 50}), "no array"),
    "a hundred arrays": (npz(input=np.zeros((1, 3)), **{f"a{n}": np.zeros(1) for n in range(99)}), "at most"),
    "a path that leads out": (zipped({"../../input.npy": b"x" * 100}), "no key 'input'"),
}
PROTO: Final[Cases] = {
    **named("no graph", "a cycle", "a dangling input", "no output", "an open height", "opset 9", "opset 99"),
    "a weight twice": (changed(_weight_twice), "w1"),
    "two inputs": (changed(_two_inputs), "input"),
    "local functions": (BAD_NETWORKS["local functions"][0], "function"),
}
TENSORS: Final[Cases] = {
    "external data above the folder": (BAD_NETWORKS["external data above the folder"][0], "passwd"),
    "external data with an absolute path": (BAD_NETWORKS["external data with an absolute path"][0], "passwd"),
    "external data that is missing": (BAD_NETWORKS["external data that is missing"][0], "weights.bin"),
    **named("NaN weights", "infinite weights", "a zero dimension"),
    "a negative dimension": (changed(_negative_dimension), "-3"),
    "a huge dimension": (changed(_huge_dimension), "1099511627776"),
    "a weight that is too short": (changed(_short_weight), "w1"),
    "a weight that is too long": (changed(_long_weight), "w1"),
    "a weight of text": (changed(_text_weight), "w1"),
}
OPERATORS: Final[Cases] = {
    **named("a kernel larger than the padded input", "stride 0", "group 0", "huge pads", "dilation 0"),
    **named("an unknown operator", "control flow"),
    "a branch": (changed(_if), "If"),
    "an operator of another domain": (changed(_foreign_domain), "com.example"),
    "an attribute of another type": (changed(_wrong_attribute_type), "pads"),
    "channels that do not fit": (changed(_channels_that_do_not_fit), "conv2"),
}
