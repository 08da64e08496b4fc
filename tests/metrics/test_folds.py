import numpy as np
import pytest
import torch

from siamese_lib.metrics import accuracy_over_folds


def by_trying_everything(distance, same, fold):
    """Another way: every midpoint between distances is tried on the other folds."""
    accuracies = []
    for number in np.unique(fold):
        here = fold == number
        values = np.sort(np.unique(distance[~here]))
        tried = [values[0] - 1, *((values[:-1] + values[1:]) / 2), values[-1]]
        right = [np.mean((distance[~here] <= t) == same[~here]) for t in tried]
        threshold = tried[int(np.argmax(right))]
        accuracies.append(np.mean((distance[here] <= threshold) == same[here]))
    return np.array(accuracies)


@pytest.mark.parametrize("seed", range(5))
def test_equals_trying_every_threshold(seed):
    random = np.random.default_rng(seed)
    same = np.tile([1, 1, 0, 0], 25)
    distance = random.normal(2 - same, 0.7)
    fold = np.repeat(np.arange(10), 10)
    found = accuracy_over_folds(*(torch.from_numpy(v) for v in (distance, same, fold)))
    expected = by_trying_everything(distance, same == 1, fold)
    assert found.accuracies == pytest.approx(expected)
    assert found.mean == pytest.approx(expected.mean())
    assert found.standard_error == pytest.approx(expected.std(ddof=1) / np.sqrt(10))
    assert len(found.thresholds) == 10


def test_the_threshold_does_not_look_at_its_own_fold():
    """Fold 1 alone would be told right at 5; the others say 0.5."""
    fold = torch.tensor([0, 0, 0, 0, 1, 1])
    distance = torch.tensor([0.1, 0.2, 0.8, 0.9, 4.0, 6.0])
    same = torch.tensor([1, 1, 0, 0, 1, 0])
    found = accuracy_over_folds(distance, same, fold)
    assert found.accuracies[1] == 0.5 and found.thresholds[1] == pytest.approx(0.5)


def test_one_fold_is_no_protocol():
    with pytest.raises(ValueError, match="two folds or more"):
        accuracy_over_folds(torch.rand(4), torch.tensor([1, 1, 0, 0]), torch.zeros(4).long())


@pytest.mark.parametrize("scale", [1e-30, 1e-5, 1, 1e5, 1e15])
def test_the_scale_of_the_distances_makes_no_difference(scale):
    """Best is to call nothing the same: a threshold below the smallest distance."""
    distance = torch.tensor([1.0, 2, 3, 4] * 2, dtype=torch.float64) * scale
    same, fold = torch.tensor([0, 1, 0, 0] * 2), torch.arange(8) // 4
    assert accuracy_over_folds(distance, same, fold).mean == 0.75
