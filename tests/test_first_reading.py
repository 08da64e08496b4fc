"""What a first reading of the core found."""

import signal

import numpy as np
import pytest
import torch
from test_fit import DATA, network, run, same_weights
from test_recognizer import flat, people_of

from siamese_lib.augment import RandomAffine
from siamese_lib.checkpoints.describing import describe
from siamese_lib.data import join
from siamese_lib.losses import TripletMarginLoss
from siamese_lib.recognition import OneShotRecognizer
from siamese_lib.sampling import EpisodeSampler


class PressedAt(RandomAffine):
    """The usual augmentation; somebody presses Ctrl-C at one batch."""

    def __init__(self, batch=0):
        super().__init__(generator=5)
        self._until = batch

    def __call__(self, images):
        self._until -= 1
        if self._until == 0:
            signal.raise_signal(signal.SIGINT)
        return super().__call__(images)


@pytest.mark.parametrize("batch", [5, 7, 10, 20])
def test_no_look_is_lost_when_it_is_the_interrupted_step(batch, tmp_path):
    def accuracy(model):
        return sum(p.detach().abs().mean().item() for p in model.parameters())

    whole, resumed, path = network(0.2), network(0.2), tmp_path / "run"
    expected = run(whole, augment=PressedAt(), validation=accuracy)
    first = run(network(0.2), augment=PressedAt(batch), validation=accuracy, checkpoint=path)
    assert first.stopped == ("finished" if batch == 20 else "interrupted")
    history = run(resumed, augment=PressedAt(), validation=accuracy, checkpoint=path)
    assert history == expected and same_weights(whole, resumed)


def test_a_batch_without_a_triplet_gives_a_zero():
    z = torch.ones(4, 3, requires_grad=True)
    value = TripletMarginLoss()(z, torch.arange(4))
    value.backward()
    assert value == 0 and z.grad.eq(0).all()


def test_two_spellings_of_one_name_are_not_one_person():
    data = people_of(torch.zeros(2, 1, 2, 2, dtype=torch.uint8), torch.arange(2))
    data = type(data)(
        *(data.images, data.labels, data.groups, data.makers),
        *(("Zo\u00eb", "Zoe\u0308"), data.group_names, data.maker_names),
    )
    door = OneShotRecognizer(flat, threshold=1.0)
    with pytest.raises(ValueError, match="both called 'Zo\u00eb'"):
        door.enrol_all(data)
    assert len(door) == 0


def test_parts_of_one_set_keep_their_groups():
    first, second = DATA.split_by_class(5, generator=0)
    whole = join([first, second], "whole")
    assert whole.group_names == DATA.group_names and whole.maker_names == DATA.maker_names
    for name in DATA.group_names:
        assert len(whole.in_groups([name])) == len(DATA.in_groups([name]))
    with pytest.raises(ValueError, match="class_names must be unique"):
        join([first, first], "twice")


def test_makers_may_be_any_integers():
    labels = torch.arange(6).repeat_interleave(4)
    makers = torch.tensor([-1, 0, 1, 2]).repeat(6)
    support, query, query_labels = EpisodeSampler(labels, 3, 1, 1, None, makers, 0).sample(300)
    assert torch.equal(labels[support[:, :, 0]].gather(1, query_labels), labels[query])


class Wrapped:
    def __init__(self, inner, *others):
        self.inner, self.others = inner, list(others)


def test_a_run_is_described_down_to_the_objects_inside_its_parts():
    one, same, other = (Wrapped(RandomAffine(d, generator=5)) for d in (10.0, 10.0, 20.0))
    assert describe("augment", one) == describe("augment", same) != describe("augment", other)
    listed, again = (Wrapped(None, RandomAffine(generator=5), np.int64(3)) for _ in range(2))
    assert describe("augment", listed) == describe("augment", again)
    assert "0x" not in str(describe("augment", listed))
