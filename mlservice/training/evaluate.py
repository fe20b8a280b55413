"""What a network answers, and how often it is right."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mlservice.datasets import Pixels, Split, as_input


def accuracy(network: nn.Module, split: Split) -> float:
    """Share of the images, 0 to 1, whose largest logit is their label's; leaves the network in evaluation mode."""
    return judge(network, split)[1]


def judge(network: nn.Module, split: Split) -> tuple[float, float]:
    """Mean cross entropy in nats, and accuracy from 0 to 1; leaves the network in evaluation mode."""
    found, labels = logits(network, split.pixels), torch.from_numpy(split.labels)
    loss = nn.functional.cross_entropy(found, labels)
    return float(loss), float((found.argmax(1) == labels).double().mean())


def predictions(network: nn.Module, pixels: Pixels) -> NDArray[np.int64]:
    """The class with the largest logit, for each image; leaves the network in evaluation mode."""
    found: NDArray[np.int64] = logits(network, pixels).argmax(1).numpy()
    return found


def logits(network: nn.Module, pixels: Pixels, batch_images: int = 500) -> Tensor:
    """`(images, classes)`; leaves the network in evaluation mode."""
    network.eval()
    with torch.inference_mode():
        starts = range(0, pixels.shape[0], batch_images)
        return torch.cat([network(to_tensor(pixels[start : start + batch_images])) for start in starts])


def to_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """Pixels as a network reads them, channels last in memory."""
    return torch.from_numpy(as_input(pixels)).to(memory_format=torch.channels_last)
