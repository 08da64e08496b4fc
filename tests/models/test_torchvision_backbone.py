import pytest
import torch
from torchvision.models import resnet18

from siamese_lib.models import TorchvisionBackbone

MEAN, SPREAD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A file as torchvision's users have it, and the network that it is of."""
    torch.manual_seed(0)
    network = resnet18(weights=None).eval()
    file = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(network.state_dict(), file)
    return file, network


def test_embeds_as_torchvision_does_before_the_last_layer(stored):
    file, network = stored
    backbone = TorchvisionBackbone("resnet18", file, side=64).eval()
    images = torch.rand(3, 3, 64, 64)
    seen = []
    network.fc.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    with torch.no_grad():
        network((images - MEAN[:, None, None]) / SPREAD[:, None, None])
        found = backbone(images)
    assert found.shape == (3, 512) and backbone.out_features == 512
    assert torch.allclose(found, seen[0], atol=1e-5)


def test_grey_is_the_same_as_three_equal_channels(stored):
    backbone = TorchvisionBackbone("resnet18", stored[0], out_features=8, side=48).eval()
    grey = torch.rand(2, 1, 60, 60)
    with torch.no_grad():
        assert torch.allclose(backbone(grey), backbone(grey.repeat(1, 3, 1, 1)), atol=1e-6)
        assert backbone(grey).shape == (2, 8)


def test_a_file_that_does_not_fit_is_named(stored, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file with weights .*none\.pth"):
        TorchvisionBackbone("resnet18", tmp_path / "none.pth")
    with pytest.raises(ValueError, match="does not hold the weights of torchvision's resnet34"):
        TorchvisionBackbone("resnet34", stored[0])
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"not weights")
    with pytest.raises(ValueError, match=r"broken\.pth does not hold the weights"):
        TorchvisionBackbone("resnet18", broken)
    with pytest.raises(ValueError, match="name must be one of resnet18"):
        TorchvisionBackbone("resnet19")
    with pytest.raises(ValueError, match=r"must be \(B, 1 or 3, H, W\)"):
        TorchvisionBackbone("resnet18", side=32)(torch.zeros(1, 2, 32, 32))
