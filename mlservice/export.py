"""Trained networks as ONNX, and splits as npz files: what the hardware side reads."""

import textwrap
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import fx, nn

from mlservice.datasets import Pixels, Split, as_input

OPSET = 17


def export_onnx(network: nn.Module, image_shape: tuple[int, int, int], path: Path) -> None:
    """Write a network for one image at a time: float input `(1, channels, height, width)`, output `output`.

    Batch normalisation is folded into the convolutions. The TorchScript exporter takes half a second, torch's newer one
    several; both give the same graph.
    """
    network.eval()
    example = torch.zeros(1, *image_shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the exporter is chosen on purpose
        warnings.filterwarnings("ignore", "Constant folding")  # of the shapes that a padding is made of
        torch.onnx.export(
            network,
            (example,),
            str(path),
            opset_version=OPSET,
            dynamo=False,
            input_names=["input"],
            output_names=["output"],
        )


def onnx_logits(path: Path, pixels: Pixels) -> NDArray[np.float32]:
    """What ONNX Runtime makes of a network that `export_onnx` wrote: `(images, classes)`, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a small image is not worth a second one
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    found = [session.run(["output"], {"input": as_input(pixels[k : k + 1])})[0] for k in range(pixels.shape[0])]
    return np.concatenate(found)


def source_of(module: fx.GraphModule) -> str:
    """A cut network as Python source that needs torch alone: `PrunedNetwork().load_state_dict(torch.load("network.pt"))`."""
    lines = [
        "import torch",
        "from torch import fx, nn",
        "",
        "",
        "class PrunedNetwork(nn.Module):",
        "    def __init__(self):",
    ]
    lines.append("        super().__init__()")
    lines += [f"        self.{name} = nn.{child!r}" for name, child in module.named_children()]
    for name, buffer in module.named_buffers(recurse=False):
        lines.append(f"        self.register_buffer({name!r}, torch.tensor({buffer.tolist()}))")
    body = textwrap.indent(module.code.strip(), "    ")
    return "\n".join([*lines, "", body, ""])


def export_split(split: Split, path: Path) -> None:
    """Write images as `input`, float32 `(images, channels, height, width)`, and classes as `label`, int64."""
    np.savez_compressed(path, input=as_input(split.pixels[:]), label=split.labels)
