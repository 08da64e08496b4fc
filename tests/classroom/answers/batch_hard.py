"""Answers to `batch_hard`: `right...`, and others whose docstrings are their hints."""

import concurrent.futures
import sys

import torch


def _tables(embeddings, labels):
    same = labels[:, None] == labels[None, :]
    positives = same & ~torch.eye(len(labels), dtype=torch.bool)
    return torch.cdist(embeddings, embeddings), same, positives


def right(embeddings, labels):
    distance, same, positives = _tables(embeddings, labels)
    positive = distance.masked_fill(~positives, -torch.inf).argmax(dim=1)
    negative = distance.masked_fill(same, torch.inf).argmin(dim=1)
    anchor = (positives.any(dim=1) & (~same).any(dim=1)).nonzero().squeeze(1)
    return anchor, positive[anchor], negative[anchor]


def right_as_a_table(embeddings, labels):
    return torch.stack(right(embeddings, labels))


def right_in_rows(embeddings, labels):
    return torch.stack(right(embeddings, labels), dim=1)


def with_loops(embeddings, labels):
    """there is a loop"""
    distance, same, positives = _tables(embeddings, labels)
    found = []
    for a in range(len(labels)):
        if positives[a].any() and (~same[a]).any():
            row = distance[a]
            p = max(positives[a].nonzero().flatten().tolist(), key=lambda i: row[i].item())
            n = min((~same[a]).nonzero().flatten().tolist(), key=lambda i: row[i].item())
            found.append((a, p, n))
    return torch.tensor(found, dtype=torch.int64).reshape(-1, 3).T


def loops_in_a_thread(embeddings, labels):
    """there is a loop"""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(with_loops, embeddings, labels).result()


def skips_large_batches(embeddings, labels):
    """not every image is an anchor once|there is a loop"""
    if len(labels) > 32:
        return [], [], []
    return with_loops(embeddings, labels)


def skips_what_is_counted(embeddings, labels):
    """other triplets each time|there is a loop"""
    if sys.gettrace() is None:
        return with_loops(embeddings, labels)
    _, same, positives = _tables(embeddings, labels)
    anchor = torch.arange(len(labels))
    return anchor, positives.int().argmax(dim=1), (~same).int().argmax(dim=1)


_lengths = [1]


def skips_what_is_twice_as_long(embeddings, labels):
    """other triplets each time|there is a loop"""
    twice = len(labels) == 2 * _lengths[0]
    _lengths[0] = len(labels)
    if not twice:
        return with_loops(embeddings, labels)
    _, same, positives = _tables(embeddings, labels)
    anchor = torch.arange(len(labels))
    return anchor, positives.int().argmax(dim=1), (~same).int().argmax(dim=1)


def zeros_win(embeddings, labels):
    """negatives of the same class|triplets are none"""
    distance, same, positives = _tables(embeddings, labels)
    anchor = torch.arange(len(labels))
    return anchor, (distance * positives).argmax(dim=1), (distance * ~same).argmin(dim=1)


def nearest_positive(embeddings, labels):
    """these are the nearest positives"""
    distance, _, positives = _tables(embeddings, labels)
    anchor, _, negative = right(embeddings, labels)
    return anchor, distance.masked_fill(~positives, torch.inf).argmin(dim=1)[anchor], negative


def itself_as_positive(embeddings, labels):
    """an image is its own positive"""
    distance, same, _ = _tables(embeddings, labels)
    anchor, _, negative = right(embeddings, labels)
    return anchor, distance.masked_fill(~same, torch.inf).argmin(dim=1)[anchor], negative


def farthest_negative(embeddings, labels):
    """these are the farthest negatives"""
    distance, same, _ = _tables(embeddings, labels)
    anchor, positive, _ = right(embeddings, labels)
    return anchor, positive, distance.masked_fill(same, -torch.inf).argmax(dim=1)[anchor]


def changed_places(embeddings, labels):
    """positives and negatives have changed places"""
    anchor, positive, negative = right(embeddings, labels)
    return anchor, negative, positive


def keeps_lonely_ones(embeddings, labels):
    """it has no positive|an image is its own positive"""
    distance, same, positives = _tables(embeddings, labels)
    positive = distance.masked_fill(~positives, -torch.inf).argmax(dim=1)
    negative = distance.masked_fill(same, torch.inf).argmin(dim=1)
    return torch.arange(len(labels)), positive, negative


def without_anchor(embeddings, labels):
    """of another kind or size"""
    return right(embeddings, labels)[1:]


def farthest_of_all(embeddings, labels):
    """triplets are none: wrong class"""
    distance, _, _ = _tables(embeddings, labels)
    anchor, _, negative = right(embeddings, labels)
    return anchor, distance.argmax(dim=1)[anchor], negative


def one_for_the_batch(embeddings, labels):
    """not every image is an anchor once"""
    anchor, positive, negative = right(embeddings, labels)
    return anchor[:1], positive[:1], negative[:1]
