"""Answers to `contrastive_gradient`: `right...`, and others whose docstrings are their hints."""

import torch


def _parts(z1, z2, margin):
    difference = z1 - z2
    distance = difference.norm(dim=1, keepdim=True)
    unit = difference / distance.clamp(min=1e-12)
    return difference, (margin - distance).clamp(min=0), unit


def right(z1, z2, same, margin=1.0):
    difference, gap, unit = _parts(z1, z2, margin)
    y = same[:, None]
    return (2 * y * difference - 2 * (1 - y) * gap * unit) / len(z1)


def right_by_autograd(z1, z2, same, margin=1.0):
    leaf = z1.clone().requires_grad_()
    distance = (leaf - z2).norm(dim=1)
    terms = same * distance**2 + (1 - same) * (margin - distance).clamp(min=0) ** 2
    terms.mean().backward()
    return leaf.grad


def force(z1, z2, same, margin=1.0):
    """the sign is turned round"""
    return -right(z1, z2, same, margin)


def of_the_sum(z1, z2, same, margin=1.0):
    """it is the gradient of the sum"""
    return len(z1) * right(z1, z2, same, margin)


def without_the_two(z1, z2, same, margin=1.0):
    """where is the 2 of the square?"""
    return right(z1, z2, same, margin) / 2


def flipped(z1, z2, same, margin=1.0):
    """it treats 1 as different"""
    return right(z1, z2, 1 - same, margin)


def pulls_all(z1, z2, same, margin=1.0):
    """different pairs are pulled together"""
    difference, gap, unit = _parts(z1, z2, margin)
    y = same[:, None]
    return (2 * y * difference + 2 * (1 - y) * gap * unit) / len(z1)


def without_clamp(z1, z2, same, margin=1.0):
    """pairs beyond the margin get a gradient"""
    difference, _, unit = _parts(z1, z2, margin)
    y, distance = same[:, None], difference.norm(dim=1, keepdim=True)
    return (2 * y * difference - 2 * (1 - y) * (margin - distance) * unit) / len(z1)


def without_unit(z1, z2, same, margin=1.0):
    """the direction must have length 1"""
    difference, gap, _ = _parts(z1, z2, margin)
    y = same[:, None]
    return (2 * y * difference - 2 * (1 - y) * gap * difference) / len(z1)


def unit_for_all(z1, z2, same, margin=1.0):
    """same pairs get a direction of length 1"""
    _, gap, unit = _parts(z1, z2, margin)
    y = same[:, None]
    return (2 * y * unit - 2 * (1 - y) * gap * unit) / len(z1)


def positives_only(z1, z2, same, margin=1.0):
    """different pairs get no gradient"""
    return 2 * same[:, None] * (z1 - z2) / len(z1)


def divides_by_zero(z1, z2, same, margin=1.0):
    """NaN when both inputs are equal"""
    difference, gap, _ = _parts(z1, z2, margin)
    y, unit = same[:, None], difference / difference.norm(dim=1, keepdim=True)
    return (2 * y * difference - 2 * (1 - y) * gap * unit) / len(z1)


def length_only(z1, z2, same, margin=1.0):
    """a vector for each is asked for"""
    return right(z1, z2, same, margin).norm(dim=1)


def transposed(z1, z2, same, margin=1.0):
    """it stops with RuntimeError"""
    return torch.matmul(same, (z1 - z2).T)
