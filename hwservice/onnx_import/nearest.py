"""For operators that are not supported: what comes nearest and is."""

from typing import Final

_QDQ: Final = "between DequantizeLinear and QuantizeLinear (quantise in the QDQ format)"

NEAREST: Final = {
    **dict.fromkeys(
        ("LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "Gelu", "Mish", "Softplus", "ThresholdedRelu"), "Relu"
    ),
    **dict.fromkeys(("Swish", "Softsign", "Shrink"), "Relu"),
    **dict.fromkeys(("HardSigmoid", "Sigmoid", "Tanh", "Max", "Min"), "Clip"),
    "HardSwish": "Clip (ReLU6)",
    **dict.fromkeys(("LayerNormalization", "InstanceNormalization", "GroupNormalization"), "BatchNormalization"),
    **dict.fromkeys(("LRN", "LpNormalization", "MeanVarianceNormalization"), "BatchNormalization"),
    **dict.fromkeys(("Upsample", "Resize", "SpaceToDepth", "DepthToSpace"), "a strided Conv or a pool"),
    "ConvTranspose": "Conv on a padded map",
    "LpPool": "AveragePool",
    **dict.fromkeys(("GlobalMaxPool", "ReduceMax"), "MaxPool over the whole map"),
    "GlobalLpPool": "GlobalAveragePool",
    "ReduceSum": "ReduceMean, and a factor in the next layer",
    **dict.fromkeys(("LSTM", "GRU", "RNN"), "a Conv along time"),
    **dict.fromkeys(("Einsum", "Attention", "MultiHeadAttention"), "Conv or Gemm with constant weights"),
    **dict.fromkeys(("QLinearConv", "ConvInteger"), f"Conv {_QDQ}"),
    **dict.fromkeys(("QLinearMatMul", "MatMulInteger", "QGemm"), f"Gemm {_QDQ}"),
    "QLinearAdd": f"Add {_QDQ}",
    "QLinearConcat": f"Concat {_QDQ}",
    "QLinearAveragePool": f"AveragePool {_QDQ}",
    "QLinearGlobalAveragePool": f"GlobalAveragePool {_QDQ}",
    **dict.fromkeys(("QLinearMul", "QLinearSigmoid", "QLinearLeakyRelu"), f"Clip {_QDQ}"),
    "QLinearSoftmax": f"Softmax {_QDQ}",
    "DynamicQuantizeLinear": "QuantizeLinear with a constant scale",
    **dict.fromkeys(("FusedConv", "FusedGemm"), "Conv and Relu apart (save the graph without optimisations)"),
}


def nearest_form(operator: str) -> str | None:
    """What to export instead, or None where nothing comes near."""
    return NEAREST.get(operator)
