"""Convolutions and normalisations whose parts can be switched off while they train.

What is off takes no part in the output, yet its weights go on receiving the gradient that they would get were they on (straight-through;
Bengio et al. 2013): a part can return, and `weight x gradient` says to first order what switching it would do to the loss.
"""

import torch
from torch import Tensor, nn

from contracts.errors import NetworkError


class MaskedConv2d(nn.Conv2d):
    """A convolution of which weight vectors, and whole filters, can be off.

    Attributes:
        mask: buffer of zeros and ones, `(filters, source channels, height, width)`.
        bias_mask: buffer, `(filters,)`.
    """

    mask: Tensor
    bias_mask: Tensor

    @staticmethod
    def of(conv: nn.Conv2d) -> "MaskedConv2d":
        """The same convolution, sharing its parameters, everything on."""
        if conv.padding_mode != "zeros" or isinstance(conv.padding, str):
            raise NetworkError(
                f"padding {conv.padding!r} of mode {conv.padding_mode!r}: give zeros and a number of pixels"
            )
        masked = MaskedConv2d.__new__(MaskedConv2d)
        nn.Module.__init__(masked)
        masked.__dict__.update({k: v for k, v in conv.__dict__.items() if not k.startswith("_parameters")})
        masked._parameters = conv._parameters
        masked.register_buffer("mask", torch.ones_like(conv.weight.detach()))
        masked.register_buffer("bias_mask", torch.ones(conv.out_channels))
        return masked

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """`(images, source channels, h, w)` to `(images, filters, h', w')`."""
        bias = None if self.bias is None else straight_through(self.bias, self.bias_mask)
        output: Tensor = self._conv_forward(input, straight_through(self.weight, self.mask), bias)
        return output


class MaskedLinear(nn.Linear):
    """A fully connected layer of which outputs can be off.

    Attributes:
        mask: buffer of zeros and ones, `(outputs,)`.
    """

    mask: Tensor

    @staticmethod
    def of(linear: nn.Linear) -> "MaskedLinear":
        """The same layer, sharing its parameters, everything on."""
        masked = MaskedLinear.__new__(MaskedLinear)
        nn.Module.__init__(masked)
        masked.__dict__.update({k: v for k, v in linear.__dict__.items() if k != "_buffers"})
        masked.register_buffer("mask", torch.ones(linear.out_features))
        return masked

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """`(images, inputs)` to `(images, outputs)`."""
        bias: Tensor | None = getattr(self, "bias", None)
        bias = None if bias is None else straight_through(bias, self.mask)
        return nn.functional.linear(input, straight_through(self.weight, self.mask[:, None]), bias)


class MaskedNorm2d(nn.BatchNorm2d):
    """A batch normalisation of which channels can be off: gamma and beta both.

    Attributes:
        mask: buffer of zeros and ones, `(channels,)`.
    """

    mask: Tensor

    @staticmethod
    def of(norm: nn.BatchNorm2d) -> "MaskedNorm2d":
        """The same normalisation, sharing its parameters and statistics, everything on."""
        if not norm.affine or not norm.track_running_stats:
            raise NetworkError("a BatchNorm2d without gamma and beta, or without running statistics, cannot be pruned")
        masked = MaskedNorm2d.__new__(MaskedNorm2d)
        nn.Module.__init__(masked)
        masked.__dict__.update(norm.__dict__)
        masked._buffers = dict(norm._buffers)
        masked.register_buffer("mask", torch.ones(norm.num_features))
        return masked

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """The same shape as the input."""
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        gamma, beta = straight_through(self.weight, self.mask), straight_through(self.bias, self.mask)
        momentum = 0.1 if self.momentum is None else self.momentum
        return nn.functional.batch_norm(
            input, self.running_mean, self.running_var, gamma, beta, self.training, momentum, self.eps
        )


def straight_through(weight: Tensor, mask: Tensor) -> Tensor:
    """`weight * mask`, whose gradient reaches all of `weight`."""
    return _Masked.apply(weight, mask)  # type: ignore[no-any-return]  # torch leaves this one untyped


class _Masked(torch.autograd.Function):
    @staticmethod
    def forward(_: object, weight: Tensor, mask: Tensor) -> Tensor:
        return weight * mask

    @staticmethod
    def backward(_: object, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None
