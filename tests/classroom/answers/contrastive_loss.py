"""Answers to `contrastive_loss`: `right...`, and others whose docstrings are their hints."""

import torch


def _refuse(distance, same):
    if distance.shape != same.shape:
        raise ValueError("one label for each distance, please")


def _hinge(distance, margin):
    return (margin - distance).clamp(min=0)


def right(distance, same, margin=1.0):
    _refuse(distance, same)
    same = same.to(distance.dtype)
    return (same * distance**2 + (1 - same) * _hinge(distance, margin) ** 2).mean()


def right_with_where(distance, same, margin=1.0):
    _refuse(distance, same)
    return torch.where(same == 1, distance**2, _hinge(distance, margin) ** 2).mean()


def flipped(distance, same, margin=1.0):
    """it treats 1 as different; here same = 1"""
    return right(distance, 1 - same.float(), margin)


def hinge_not_squared(distance, same, margin=1.0):
    """the hinge is not squared"""
    _refuse(distance, same)
    return torch.where(same == 1, distance**2, _hinge(distance, margin)).mean()


def distance_not_squared(distance, same, margin=1.0):
    """the distance of a same pair is not squared"""
    _refuse(distance, same)
    return torch.where(same == 1, distance, _hinge(distance, margin) ** 2).mean()


def without_hinge(distance, same, margin=1.0):
    """there is no hinge"""
    _refuse(distance, same)
    return torch.where(same == 1, distance**2, (margin - distance) ** 2).mean()


def hinge_turned(distance, same, margin=1.0):
    """the hinge is turned round"""
    _refuse(distance, same)
    return torch.where(same == 1, distance**2, (distance - margin).clamp(min=0) ** 2).mean()


def with_half(distance, same, margin=1.0):
    """it is half of what it should be"""
    return right(distance, same, margin) / 2


def added_up(distance, same, margin=1.0):
    """it adds up"""
    return right(distance, same, margin) * len(distance)


def each_pair(distance, same, margin=1.0):
    """one number is asked for"""
    _refuse(distance, same)
    return torch.where(same == 1, distance**2, _hinge(distance, margin) ** 2)


def mean_of_those_that_pay(distance, same, margin=1.0):
    """it takes the mean over the pairs that pay"""
    terms = each_pair(distance, same, margin)
    return terms.sum() / (terms > 0).sum().clamp(min=1)


def ignores_margin(distance, same, margin=1.0):
    """the margin that was given is not used"""
    return right(distance, same, 1.0)


def squared_against_margin(distance, same, margin=1.0):
    """the hinge holds squared distances against the margin"""
    _refuse(distance, same)
    return torch.where(same == 1, distance**2, (margin - distance**2).clamp(min=0)).mean()


def broadcasts(distance, same, margin=1.0):
    """broadcast to 27 x 27 pairs"""
    same = same.to(distance.dtype)
    return (same * distance**2 + (1 - same) * _hinge(distance, margin) ** 2).mean()


def only_float_labels(distance, same, margin=1.0):
    """with labels of type bool"""
    _refuse(distance, same)
    same = same if same.dtype != torch.bool else torch.zeros_like(distance)
    return (same * distance**2 + (1 - same) * _hinge(distance, margin) ** 2).mean()


def to_a_number(distance, same, margin=1.0):
    """no gradient arrives"""
    return torch.tensor(right(distance, same, margin).item())


def positives_only(distance, same, margin=1.0):
    """pairs of different classes are left out"""
    _refuse(distance, same)
    return (same * distance**2).mean()
