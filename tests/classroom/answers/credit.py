"""Answers to `credit`: `right...`, and others whose docstrings are their hints."""

import torch


def _refuse(similarity):
    if similarity.isnan().any():
        raise ValueError("NaN among the similarities")


def _best(similarity):
    _refuse(similarity)
    return similarity == similarity.amax(dim=1, keepdim=True)


def right(similarity, answer):
    best = _best(similarity)
    return best.gather(1, answer[:, None])[:, 0] / best.sum(dim=1)


def right_with_a_loop(similarity, answer):
    _refuse(similarity)
    credits = []
    for row, place in zip(similarity.tolist(), answer.tolist(), strict=True):
        credits.append((row[place] == max(row)) / row.count(max(row)))
    return credits


def by_argmax(similarity, answer):
    """of several best ways the first is taken"""
    _refuse(similarity)
    return (similarity.argmax(dim=1) == answer).float()


def smallest(similarity, answer):
    """it looks for the smallest"""
    _refuse(similarity)
    return (similarity.argmin(dim=1) == answer).float()


def tie_is_right(similarity, answer):
    """a tie counts as right"""
    return _best(similarity).gather(1, answer[:, None])[:, 0].float()


def tie_is_wrong(similarity, answer):
    """a tie counts as wrong"""
    best = _best(similarity)
    return best.gather(1, answer[:, None])[:, 0] * (best.sum(dim=1) == 1).float()


def tie_is_half(similarity, answer):
    """a tie counts as half"""
    credit = right(similarity, answer)
    return credit.where((credit == 0) | (credit == 1), torch.tensor(0.5))


def mean_of_all(similarity, answer):
    """one number is returned"""
    return right(similarity, answer).mean()


def place_of_best(similarity, answer):
    """it returns the place of the best way"""
    _refuse(similarity)
    return similarity.argmax(dim=1)


def after_a_sigmoid(similarity, answer):
    """large scores are taken for ties"""
    _refuse(similarity)
    return right(similarity.sigmoid(), answer)


def takes_nan(similarity, answer):
    """NaN among the similarities is taken"""
    best = similarity == similarity.amax(dim=1, keepdim=True)
    return best.gather(1, answer[:, None])[:, 0] / best.sum(dim=1).clamp(min=1)


def shares_with_all(similarity, answer):
    """wrong answers get a share"""
    return 1 / _best(similarity).sum(dim=1)


def softmax(similarity, answer):
    """it is something else"""
    _refuse(similarity)
    return similarity.softmax(dim=1).gather(1, answer[:, None])[:, 0]
