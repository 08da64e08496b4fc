"""Backbones from torchvision, with or without pretrained weights."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.checks import check_counts, check_one_of
from siamese_lib.files import display_path

# What torchvision's own weights were trained with.
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NAMES = ("resnet18", "resnet34", "resnet50")


class TorchvisionBackbone(nn.Module):
    """One of torchvision's ResNets without its last layer.

    Images are resized to ``side``, grey images are repeated to three channels, and values are
    normalised as for torchvision's pretrained weights.

    Args:
        name: ``"resnet18"``, ``"resnet34"`` or ``"resnet50"``.
        weights: File with a state dict as saved by
            ``torch.save(resnet18(weights="DEFAULT").state_dict(), file)``. Default: random weights.
        out_features: Size D of a linear layer on top. Default: no such layer, D is the number of
            features.
        side: Side in pixels to which images are resized.

    Raises:
        FileNotFoundError: If ``weights`` does not exist.
        ValueError: If ``name`` is unknown, if a number is below 1, or if ``weights`` is not a state
            dict of this network.
    """

    def __init__(
        self,
        name: str = "resnet18",
        weights: str | Path | None = None,
        out_features: int | None = None,
        side: int = 224,
    ) -> None:
        super().__init__()
        check_one_of("name", name, NAMES)
        check_counts(side=side, **({} if out_features is None else {"out_features": out_features}))
        from torchvision import models  # importing it takes longer than all of siamese_lib

        network = getattr(models, name)(weights=None)
        if weights is not None:
            _load(network, Path(weights).expanduser(), name)
        n_features = network.fc.in_features
        network.fc = nn.Identity()
        self.features, self.side = network, side
        self.head = nn.Identity() if out_features is None else nn.Linear(n_features, out_features)
        self.out_features = out_features or n_features

    def forward(self, images: Tensor) -> Tensor:
        """Map float images ``(B, 1 or 3, H, W)`` in [0, 1] to embeddings ``(B, D)``.

        Raises:
            ValueError: If images have a different shape.
        """
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            raise ValueError(f"images must be (B, 1 or 3, H, W), got {tuple(images.shape)}")
        if images.shape[2:] != (self.side, self.side):
            images = F.interpolate(
                images, (self.side, self.side), mode="bilinear", antialias=True, align_corners=False
            )
        mean, spread = (images.new_tensor(values)[:, None, None] for values in (MEAN, SPREAD))
        return self.head(self.features((images.expand(-1, 3, -1, -1) - mean) / spread))


def _load(network: nn.Module, file: Path, name: str) -> None:
    if not file.is_file():
        raise FileNotFoundError(f"there is no file with weights {display_path(file)}")
    try:
        stored = torch.load(file, map_location="cpu", weights_only=True)
        network.load_state_dict(stored)
    except Exception as error:  # torch.load raises many kinds
        raise ValueError(
            f"{display_path(file)} does not hold the weights of torchvision's {name}: "
            f"{str(error).splitlines()[0]}"
        ) from error
