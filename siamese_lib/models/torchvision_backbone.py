"""A network that somebody else has trained on millions of pictures, as a backbone."""

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
    """One of torchvision's ResNets without its last layer, for images like the library's.

    Images are made as large as the network was trained on, grey ones get three channels, and the
    values are scaled as in its training: what is forgotten most often.

    Args:
        name: ``"resnet18"``, ``"resnet34"`` or ``"resnet50"``.
        weights: a file with a state dict, as torchvision saves it
            (``torch.save(resnet18(weights="DEFAULT").state_dict(), file)``); None for random
            weights.
        out_features: D, of a linear layer that is put on top; None for the features as they are.
        side: images are resized to this side in pixels.

    Raises:
        FileNotFoundError: no such file.
        ValueError: an unknown name, a file that is no state dict, or one of another network.
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
        """Images ``(B, 1 or 3, H, W)``, floats in [0, 1], to embeddings ``(B, D)``.

        Raises:
            ValueError: images of another shape.
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
