"""On a stand-in for a GPU the library brings no tensor of the CPU to one of the device."""

import pytest
import torch
from on_ranks import batch, loss_cases
from torch import nn

from draws import uniform
from elsewhere import Strict, another_device, back, put
from siamese_lib.augment import RandomAffine
from siamese_lib.data import LabelledImages, as_floats, make_glyphs
from siamese_lib.embedding import embed_all
from siamese_lib.evaluation import one_shot_accuracy, verify
from siamese_lib.losses import SupConLoss
from siamese_lib.models import UnitLength, compact, conv4, fast, sharp
from siamese_lib.recognition import OneShotRecognizer
from siamese_lib.retrieval import ExactIndex
from siamese_lib.sampling import MPerClassSampler


def value_and_gradient(name, place):
    """Of a loss of the course, with its miner, by the embeddings."""
    loss, miner = loss_cases()[name]
    z, labels = batch(name, "plain")
    z, labels = place(z[:, : getattr(loss, "embedding_size", 6)].float()), place(labels)
    loss.to(z.device)
    z.requires_grad_()
    value = loss(z, labels) if miner is None else loss(z, labels, miner(z, labels))
    value.backward()
    return back(value.detach()), back(z.grad)


@pytest.mark.parametrize("name", loss_cases())
def test_losses_and_miners(name):
    wanted = value_and_gradient(name, lambda tensor: tensor)
    with another_device():
        found = value_and_gradient(name, put)
    for one, other in zip(found, wanted, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("make", [fast, compact, sharp, conv4], ids=lambda make: make.__name__)
def test_networks(make):
    images = uniform(4, 1, 28, 28)
    network = nn.Sequential(make(), UnitLength()).eval()
    wanted = network(images)
    with another_device() as device:
        found = network.to(device)(put(images))
        found.sum().backward()
    assert torch.equal(back(found.detach()), wanted)


def test_augmentation():
    images = uniform(4, 1, 28, 28)
    with another_device() as device:
        turned = RandomAffine(device=device, generator=0)(put(images))
    assert back(turned).shape == images.shape and not torch.equal(back(turned), images)


@pytest.fixture
def glyphs():
    return make_glyphs([25, 25], n_drawers=4, seed=3)


def there(data: LabelledImages) -> LabelledImages:
    fields = {name: put(getattr(data, name)) for name in ("images", "labels", "groups", "makers")}
    return LabelledImages(**{**vars(data), **fields})


def pixels(images):
    return images.flatten(1)


def test_a_batch_of_data(glyphs):
    rows = MPerClassSampler(glyphs.labels, m=2, batch_size=8, generator=0).sample(1)[0]
    with another_device() as device:
        found = there(glyphs).batch(rows.to(device))
    assert torch.equal(back(found), glyphs.batch(rows))


@pytest.mark.parametrize("protocol", ["unstructured", "within_alphabet"])
def test_one_shot_evaluation(glyphs, protocol):
    exam = {"n_way": 5, "n_episodes": 20, "protocol": protocol, "generator": 0}
    wanted = one_shot_accuracy(pixels, glyphs, **exam)
    with another_device():
        found = one_shot_accuracy(pixels, there(glyphs), **exam)
    assert found.accuracy == wanted.accuracy


def test_embedding_a_collection(glyphs):
    with another_device():
        found = embed_all(pixels, there(glyphs))
    assert torch.equal(back(found), embed_all(pixels, glyphs))


def test_verification(glyphs):
    wanted = verify(pixels, glyphs)
    with another_device():
        found = verify(pixels, there(glyphs))
    assert found.figures == wanted.figures


def test_search(glyphs):
    z = as_floats(glyphs.images).flatten(1)
    wanted = ExactIndex(z).search(z[:5], 3)
    with another_device():
        found = ExactIndex(put(z)).search(put(z[:5]), 3)
    assert torch.equal(back(found[1]).cpu(), wanted[1])


def test_a_door(glyphs):
    images = as_floats(glyphs.images)

    def answers(place):
        door = OneShotRecognizer(pixels, threshold=20.0)
        for number in range(3):
            door.enrol(f"person {number}", place(images[4 * number]))
        return [person.name for person in door.identify(place(images[1:12:4]))]

    wanted = answers(lambda tensor: tensor)
    with another_device():
        assert answers(put) == wanted


def test_supervised_contrastive_step_waits_for_nothing():
    """What every step of a recipe does: a GPU is given work and never asked for a value."""
    network, loss = nn.Sequential(fast(), UnitLength()), SupConLoss(0.05)
    images, labels = uniform(8, 1, 28, 28), torch.arange(4).repeat_interleave(2)
    with another_device() as device:
        network.to(device)
        augment = RandomAffine(device=device, generator=0)
        loss(network(augment(put(images))), put(labels)).backward()
        assert Strict.waits == []


def test_a_meeting_is_refused():
    with another_device() as device:
        mine, here = put(torch.ones(3)), torch.ones(3)
        with pytest.raises(RuntimeError, match=r"a tensor of the CPU \(3,\) meets"):
            mine + here
        with pytest.raises(RuntimeError, match="meets"):
            torch.cat([mine, here])
        rows = torch.tensor([0, 2])  # indices may be on the CPU, values may not
        assert back(mine[rows]).tolist() == [1, 1]
        with pytest.raises(RuntimeError, match="meets"):
            mine[rows] = torch.zeros(2)
        assert back(mine + here.to(device)).tolist() == [2, 2, 2]
        assert back(mine + torch.tensor(1.0)).tolist() == [2, 2, 2]  # a number may come
        assert float(mine.sum()) == 3 and Strict.waits == ["_local_scalar_dense"]
