"""What a network answers, and how often it is right."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mlservice.datasets import Split, as_input


def accuracy(network: nn.Module, split: Split) -> float:
    """Share of the images, 0 to 1, whose largest logit is their label's; leaves the network in evaluation mode."""
    return float(np.mean(predictions(network, split.pixels) == split.labels))


def predictions(network: nn.Module, pixels: NDArray[np.uint8], batch_images: int = 500) -> NDArray[np.int64]:
    """The class with the largest logit, for each image; leaves the network in evaluation mode."""
    network.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(pixels), batch_images):
            images = to_tensor(pixels[start : start + batch_images])
            found.append(network(images).argmax(1).numpy())
    return np.concatenate(found)


def to_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """Pixels as a network reads them, channels last in memory."""
    return torch.from_numpy(as_input(pixels)).to(memory_format=torch.channels_last)
