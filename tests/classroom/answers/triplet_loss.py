"""Answers to `triplet_loss`: `right...`, and others whose docstrings are their hints."""

import torch.nn.functional as F


def _refuse(anchor, positive, negative):
    if not anchor.shape == positive.shape == negative.shape:
        raise ValueError("anchor, positive and negative must have one shape")


def _gap(anchor, positive, negative):
    _refuse(anchor, positive, negative)
    return (anchor - positive).norm(dim=1) - (anchor - negative).norm(dim=1)


def right(anchor, positive, negative, margin=0.2):
    return (_gap(anchor, positive, negative) + margin).clamp(min=0).mean()


def right_from_torch(anchor, positive, negative, margin=0.2):
    _refuse(anchor, positive, negative)
    return F.triplet_margin_loss(anchor, positive, negative, margin=margin)


def swapped(anchor, positive, negative, margin=0.2):
    """positive and negative have changed places"""
    return right(anchor, negative, positive, margin)


def without_hinge(anchor, positive, negative, margin=0.2):
    """there is no hinge"""
    return (_gap(anchor, positive, negative) + margin).mean()


def squared_distances(anchor, positive, negative, margin=0.2):
    """it uses squared distances"""
    _refuse(anchor, positive, negative)
    d_ap, d_an = ((anchor - other).square().sum(dim=1) for other in (positive, negative))
    return (d_ap - d_an + margin).clamp(min=0).mean()


def margin_subtracted(anchor, positive, negative, margin=0.2):
    """the margin is subtracted"""
    return (_gap(anchor, positive, negative) - margin).clamp(min=0).mean()


def without_margin(anchor, positive, negative, margin=0.2):
    """the margin is missing"""
    return _gap(anchor, positive, negative).clamp(min=0).mean()


def margin_not_used(anchor, positive, negative, margin=0.2):
    """the margin that was given is not used"""
    return right(anchor, positive, negative, 0.2)


def added_up(anchor, positive, negative, margin=0.2):
    """it adds up"""
    return (_gap(anchor, positive, negative) + margin).clamp(min=0).sum()


def each_triplet(anchor, positive, negative, margin=0.2):
    """one number is asked for"""
    return (_gap(anchor, positive, negative) + margin).clamp(min=0)


def mean_of_those_that_pay(anchor, positive, negative, margin=0.2):
    """it takes the mean over the triplets that pay"""
    terms = (_gap(anchor, positive, negative) + margin).clamp(min=0)
    return terms.sum() / (terms > 0).sum().clamp(min=1)


def hinge_of_mean(anchor, positive, negative, margin=0.2):
    """it takes the hinge of the mean"""
    return (_gap(anchor, positive, negative) + margin).mean().clamp(min=0)


def hinge_squared(anchor, positive, negative, margin=0.2):
    """the hinge is squared"""
    return (_gap(anchor, positive, negative) + margin).clamp(min=0).square().mean()


def positive_to_negative(anchor, positive, negative, margin=0.2):
    """compare it with the anchor"""
    gap = (anchor - positive).norm(dim=1) - (positive - negative).norm(dim=1)
    _refuse(anchor, positive, negative)
    return (gap + margin).clamp(min=0).mean()


def unsafe_root(anchor, positive, negative, margin=0.2):
    """NaN gradient when anchor and positive are equal"""
    _refuse(anchor, positive, negative)
    d_ap, d_an = ((anchor - other).square().sum(dim=1).sqrt() for other in (positive, negative))
    return (d_ap - d_an + margin).clamp(min=0).mean()


def broadcasts(anchor, positive, negative, margin=0.2):
    """broadcasts: raise a ValueError"""
    gap = (anchor - positive).norm(dim=1) - (anchor - negative).norm(dim=1)
    return (gap + margin).clamp(min=0).mean()


def to_a_number(anchor, positive, negative, margin=0.2):
    """no gradient arrives"""
    return right(anchor, positive, negative, margin).item()
