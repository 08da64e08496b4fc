"""Answers to `distance`: `right...` are right; the others' docstrings are (part of) their hints."""

import torch
import torch.nn.functional as F


def _refuse(z1, z2):
    if z1.shape != z2.shape:
        raise ValueError(f"shapes must be equal, got {tuple(z1.shape)} and {tuple(z2.shape)}")


def right(z1, z2):
    _refuse(z1, z2)
    squared = (z1 - z2).square().sum(dim=1)
    return torch.where(squared > 0, squared.clamp(min=1e-12).sqrt(), squared)


def right_with_a_small_constant(z1, z2):
    _refuse(z1, z2)
    return ((z1 - z2).square().sum(dim=1) + 1e-12).sqrt()


def right_with_norm(z1, z2):
    _refuse(z1, z2)
    return (z1 - z2).norm(dim=1)


def right_with_pairwise_distance(z1, z2):
    _refuse(z1, z2)
    return F.pairwise_distance(z1, z2)


def unsafe_root(z1, z2):
    """NaN gradient when both inputs are equal"""
    _refuse(z1, z2)
    return ((z1 - z2) ** 2).sum(dim=1).sqrt()


def squared(z1, z2):
    """this is the squared distance"""
    _refuse(z1, z2)
    return ((z1 - z2) ** 2).sum(dim=1)


def over_the_batch(z1, z2):
    """it adds up over the pairs (dim=0)"""
    _refuse(z1, z2)
    return (z1 - z2).norm(dim=0)


def one_number(z1, z2):
    """it adds up over all pairs"""
    _refuse(z1, z2)
    return (z1 - z2).norm()


def mean_of_squares(z1, z2):
    """it takes the mean over the coordinates"""
    _refuse(z1, z2)
    return ((z1 - z2).square().mean(dim=1) + 1e-12).sqrt()


def manhattan(z1, z2):
    """this adds absolute values"""
    _refuse(z1, z2)
    return (z1 - z2).abs().sum(dim=1)


def column(z1, z2):
    """the shape is (B, 1)"""
    _refuse(z1, z2)
    return (z1 - z2).norm(dim=1, keepdim=True)


def cosine(z1, z2):
    """this is a cosine"""
    _refuse(z1, z2)
    return 1 - F.cosine_similarity(z1, z2)


def table(z1, z2):
    """it returns shape (12, 12), where (12,) is expected"""
    _refuse(z1, z2)
    return torch.cdist(z1, z2)


def large_constant(z1, z2):
    """whatever keeps the root safe is too large"""
    _refuse(z1, z2)
    return ((z1 - z2).square().sum(dim=1) + 1e-4).sqrt()


def detached(z1, z2):
    """no gradient arrives"""
    _refuse(z1, z2)
    return (z1 - z2).detach().norm(dim=1)


def one_side_detached(z1, z2):
    """the gradient reaches only one of the two embeddings"""
    _refuse(z1, z2)
    return (z1 - z2.detach()).norm(dim=1)


def broadcasts(z1, z2):
    """are taken and broadcast: raise a ValueError"""
    return (z1 - z2).norm(dim=1)


def clamped_too_high(z1, z2):
    """embeddings that are 0.001 apart come out at another distance"""
    _refuse(z1, z2)
    return (z1 - z2).square().sum(dim=1).clamp(min=2.5e-6).sqrt()


def prints_and_forgets(z1, z2):
    """it returns None: is there a return?"""
    _refuse(z1, z2)
    print((z1 - z2).norm(dim=1))


def in_numpy(z1, z2):
    """no gradient arrives"""
    _refuse(z1, z2)
    return torch.tensor((z1 - z2).detach().numpy()).norm(dim=1)
