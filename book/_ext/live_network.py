"""A stored network as a script: the layers in words, the weights as text in 16 bits."""

import base64
import json
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from siamese_lib.models import Backbone, SizeNormalized, UnitLength


def network_script(network: nn.Module, name: str) -> str:
    """``live.networks[name] = ...``, for ``live.network.read`` of ``door/network.js``.

    Raises:
        TypeError: the network has a layer that the script does not know.
    """
    layers, halves, floats = [], [], []
    for words, numbers in described(network):
        sizes = {kind: values.numel() for kind, values in numbers.items()}
        layers.append(words | sizes)
        for kind, values in numbers.items():
            (halves if kind == "weights" else floats).append(values)
    _, side, _ = backbone_of(network).image_shape
    parts = {
        "side": side,
        "layers": layers,
        "halves": as_text(halves, "<f2"),
        "floats": as_text(floats, "<f4"),
    }
    text = json.dumps(parts, separators=(",", ":"))
    return f"(live.networks ||= {{}}).{name} = {text};\n"


def as_text(tensors: list[Tensor], kind: str) -> str:
    numbers = np.concatenate([tensor.detach().flatten().numpy() for tensor in tensors])
    return base64.b64encode(numbers.astype(kind).tobytes()).decode()


def described(network: nn.Module) -> Iterator[tuple[dict, dict[str, Tensor]]]:
    """For each layer: what it is, and its numbers; scales come before shifts."""
    for layer in leaves(network):
        match layer:
            case nn.Conv2d(kernel_size=(kernel, _), stride=(stride, _), padding=(padding, _)):
                words = {"kernel": kernel, "stride": stride, "padding": padding}
                words |= {"kind": "convolution", "out": layer.out_channels}
                yield words, {"weights": layer.weight.permute(0, 2, 3, 1)} | bias_of(layer)
            case nn.Linear():
                words = {"kind": "linear", "out": layer.out_features}
                yield words, {"weights": pixel_by_pixel(layer.weight, network)} | bias_of(layer)
            case nn.BatchNorm2d():
                scale = layer.weight / (layer.running_var + layer.eps).sqrt()
                shift = layer.bias - layer.running_mean * scale
                yield {"kind": "norm"}, {"scales": scale, "shifts": shift}
            case nn.MaxPool2d():
                words = {"kind": "pool", "kernel": layer.kernel_size, "ceil": layer.ceil_mode}
                yield words, {}
            case nn.ReLU():
                yield {"kind": "relu"}, {}
            case SizeNormalized(side=None):
                words = {"kind": "size", "spread": layer.spread, "largest": layer.largest}
                yield words, {}
            case UnitLength():
                yield {"kind": "unit"}, {}
            case _:
                raise TypeError(f"the live page has no layer {layer}: add it to door/network.js")


def leaves(network: nn.Module) -> list[nn.Module]:
    """The layers in the order in which they work; dropout does nothing in a finished network."""
    parts = [part for part in network.modules() if not list(part.children())]
    return [part for part in parts if not isinstance(part, nn.Dropout | nn.Identity)]


def bias_of(layer: nn.Conv2d | nn.Linear) -> dict[str, Tensor]:
    return {} if layer.bias is None else {"shifts": layer.bias}


def pixel_by_pixel(weight: Tensor, network: nn.Module) -> Tensor:
    """Columns of the linear layer behind the convolutions, in the order of the script's maps."""
    backbone = backbone_of(network)
    with torch.no_grad():
        maps = backbone.convolutions(torch.zeros(1, *backbone.image_shape))
    if weight.shape[1] != maps.numel():
        return weight  # a linear layer behind another one
    return weight.unflatten(1, maps.shape[1:]).permute(0, 2, 3, 1)


def backbone_of(network: nn.Module) -> Backbone:
    return next(part for part in network.modules() if isinstance(part, Backbone))
