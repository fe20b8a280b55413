"""The network as it leaves: cut to what is left, no masks, plain torch modules."""

from torch import fx, nn

from mlservice.pruning.apply import apply
from mlservice.pruning.gates import GatedNetwork
from mlservice.pruning.masked import MaskedConv2d


def settle(network: GatedNetwork) -> fx.GraphModule:
    """What a gated network computes, as plain modules in evaluation mode; weights of vectors that are gone are zero."""
    module = apply(network.traced, network.spaces, network.choice).module
    for name, each in list(module.named_modules()):
        if isinstance(each, MaskedConv2d):
            parent, _, last = name.rpartition(".")
            setattr(module.get_submodule(parent), last, _plain(each))
    return module.eval()


def _plain(masked: MaskedConv2d) -> nn.Conv2d:
    plain = nn.Conv2d(
        masked.in_channels,
        masked.out_channels,
        masked.kernel_size,  # type: ignore[arg-type]  # a pair, as torch wants
        masked.stride,  # type: ignore[arg-type]
        masked.padding,  # type: ignore[arg-type]
        masked.dilation,  # type: ignore[arg-type]
        bias=masked.bias is not None,
    )
    plain.weight.data.copy_(masked.weight.detach() * masked.mask)
    if masked.bias is not None and plain.bias is not None:
        plain.bias.data.copy_(masked.bias.detach() * masked.bias_mask)
    return plain
