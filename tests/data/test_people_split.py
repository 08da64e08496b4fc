import pytest
import torch

from siamese_lib.data import LabelledImages, assert_disjoint, split_people


def people(n):
    labels = torch.arange(n).repeat_interleave(2)
    return LabelledImages(
        images=torch.zeros(2 * n, 1, 4, 4, dtype=torch.uint8),
        labels=labels,
        groups=torch.zeros_like(labels),
        makers=torch.zeros_like(labels),
        class_names=tuple(f"p{i}" for i in range(n)),
        group_names=("all",),
        maker_names=("unknown",),
        name="faces",
    )


def test_three_parts_share_nobody_and_leave_nobody_out():
    parts = split_people(people(40), 0.5, 0.25, generator=0)
    assert [len(part.classes) for part in parts] == [20, 10, 10]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert_disjoint(parts[one], parts[other])
    assert torch.cat([part.classes for part in parts]).sort().values.tolist() == list(range(40))
    assert [len(part) for part in parts] == [40, 20, 20]
    again = split_people(people(40), 0.5, 0.25, generator=0)
    assert torch.equal(again.test.labels, parts.test.labels)


@pytest.mark.parametrize(("train", "calibrate"), [(0.5, 0.25), (0.6, 0.2), (0.1, 0.1)])
def test_too_few_people_are_told_how_many_it_takes(train, calibrate):
    with pytest.raises(ValueError, match="faces has 3 people: too few") as raised:
        split_people(people(3), train, calibrate)
    needed = int(str(raised.value).split("common. ")[1].split()[0])
    parts = split_people(people(needed), train, calibrate, generator=0)
    assert min(len(part.classes) for part in parts) == 2
    with pytest.raises(ValueError, match="too few"):
        split_people(people(needed - 1), train, calibrate)


def test_shares_must_leave_somebody_to_test_on():
    with pytest.raises(ValueError, match="leave nobody to test on"):
        split_people(people(9), 0.6, 0.4)
    with pytest.raises(ValueError, match="train must lie between 0 and 1"):
        split_people(people(9), 0.0, 0.4)
