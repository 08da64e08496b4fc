"""Answers to `paired_difference`: `right...`, and others whose docstrings are their hints."""

import math


def _pairs(right_a, right_b):
    if right_a.shape != right_b.shape:
        raise ValueError("the two must have one length")
    return right_a - right_b


def _around(centre, half):
    return centre, centre - half, centre + half


def right(right_a, right_b, z=1.96):
    d = _pairs(right_a, right_b)
    return _around(d.mean(), z * d.std() / math.sqrt(len(d)))


def right_by_hand(right_a, right_b, z=1.96):
    d = _pairs(right_a, right_b).tolist()
    mean = sum(d) / len(d)
    variance = sum((one - mean) ** 2 for one in d) / (len(d) - 1)
    return list(_around(mean, z * (variance / len(d)) ** 0.5))


def independent(right_a, right_b, z=1.96):
    """the two are taken for independent samples"""
    n = len(_pairs(right_a, right_b))
    half = z * (right_a.var() / n + right_b.var() / n).sqrt()
    return _around(right_a.mean() - right_b.mean(), half)


def turned_round(right_a, right_b, z=1.96):
    """this is b - a"""
    return right(right_b, right_a, z)


def spread_of_one(right_a, right_b, z=1.96):
    """the spread is that of one difference"""
    d = _pairs(right_a, right_b)
    return _around(d.mean(), z * d.std())


def variance(right_a, right_b, z=1.96):
    """the variance stands where its root should"""
    d = _pairs(right_a, right_b)
    return _around(d.mean(), z * d.var() / math.sqrt(len(d)))


def by_n(right_a, right_b, z=1.96):
    """it divides by n"""
    d = _pairs(right_a, right_b)
    return _around(d.mean(), z * d.std() / len(d))


def without_z(right_a, right_b, z=1.96):
    """z is missing"""
    d = _pairs(right_a, right_b)
    return _around(d.mean(), d.std() / math.sqrt(len(d)))


def z_not_used(right_a, right_b, z=1.96):
    """z is not used"""
    return right(right_a, right_b)


def in_percent(right_a, right_b, z=1.96):
    """it is in percent"""
    return [100 * one for one in right(right_a, right_b, z)]


def only_ends(right_a, right_b, z=1.96):
    """only the two ends are returned"""
    return right(right_a, right_b, z)[1:]


def exchanged(right_a, right_b, z=1.96):
    """the ends are exchanged"""
    mean, low, high = right(right_a, right_b, z)
    return mean, high, low


def biased(right_a, right_b, z=1.96):
    """n - 1 is asked for"""
    d = _pairs(right_a, right_b)
    return _around(d.mean(), z * d.std(unbiased=False) / math.sqrt(len(d)))


def broadcasts(right_a, right_b, z=1.96):
    """are no pairs, and broadcast"""
    d = right_a - right_b
    return _around(d.mean(), z * d.std() / math.sqrt(len(d)))
