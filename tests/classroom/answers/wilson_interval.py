"""Answers to `wilson_interval`: `right...`, and others whose docstrings are their hints."""

import math

import torch


def right(n_right, n, z=1.96):
    share, over = n_right / n, 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / over
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / over
    return max(0.0, centre - half), min(1.0, centre + half)


def right_with_counts(n_right, n, z=1.96):
    centre = (n_right + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * math.sqrt(n_right * (n - n_right) / n + z**2 / 4)
    return torch.tensor([centre - half, centre + half], dtype=torch.float64)


def _wald(n_right, n, z):
    share = n_right / n
    return share, z * math.sqrt(share * (1 - share) / n)


def wald(n_right, n, z=1.96):
    """symmetric around the share"""
    share, half = _wald(n_right, n, z)
    return share - half, share + half


def wald_cut_off(n_right, n, z=1.96):
    """the interval of Wald"""
    share, half = _wald(n_right, n, z)
    return max(0, share - half), min(1, share + half)


def centre_not_moved(n_right, n, z=1.96):
    """the centre is not moved"""
    low, high = right_with_counts(n_right, n, z)
    half = (high - low) / 2
    return n_right / n - half, n_right / n + half


def z_not_used(n_right, n, z=1.96):
    """z is not used"""
    return right(n_right, n)


def in_percent(n_right, n, z=1.96):
    """it is in percent"""
    return tuple(100 * end for end in right(n_right, n, z))


def centre_and_half(n_right, n, z=1.96):
    """it returns the centre and the half width"""
    low, high = right(n_right, n, z)
    return (low + high) / 2, (high - low) / 2


def exchanged(n_right, n, z=1.96):
    """the ends are exchanged"""
    return right(n_right, n, z)[::-1]


def agresti_coull(n_right, n, z=1.96):
    """Agresti and Coull"""
    share = (n_right + z**2 / 2) / (n + z**2)
    half = z * math.sqrt(share * (1 - share) / (n + z**2))
    return share - half, share + half


def z_not_squared(n_right, n, z=1.96):
    """z should be squared"""
    share, over = n_right / n, 1 + z**2 / n
    centre = (share + z / (2 * n)) / over
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / over
    return centre - half, centre + half


def other_default(n_right, n, z=1.645):
    """without z it must be that of 95 %"""
    return right(n_right, n, z)


def only_half(n_right, n, z=1.96):
    """where (2,) is expected|where numbers are expected|one number"""
    low, high = right(n_right, n, z)
    return (high - low) / 2


def without_denominator(n_right, n, z=1.96):
    """the denominator 1 + z²/n is missing"""
    over = 1 + z**2 / n
    return tuple(end * over for end in right_with_counts(n_right, n, z).tolist())


def only_the_centre_is_divided(n_right, n, z=1.96):
    """only the centre is divided by 1 + z²/n"""
    low, high = right_with_counts(n_right, n, z).tolist()
    centre, half = (low + high) / 2, (high - low) / 2 * (1 + z**2 / n)
    return centre - half, centre + half
