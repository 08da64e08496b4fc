"""Answers to `semi_hard`: `right...`, and others whose docstrings are their hints."""

import torch


def _gaps(embeddings, labels, power=1):
    """gap[a, p, n] and which triplets are valid."""
    distance = torch.cdist(embeddings, embeddings) ** power
    same = labels[:, None] == labels[None, :]
    mates = same & ~torch.eye(len(labels), dtype=torch.bool)
    valid = mates[:, :, None] & ~same[:, None, :]
    return distance[:, None, :] - distance[:, :, None], valid


def right(embeddings, labels, margin):
    gap, valid = _gaps(embeddings, labels)
    return (valid & (gap > 0) & (gap <= margin)).nonzero(as_tuple=True)


def right_as_rows(embeddings, labels, margin):
    return torch.stack(right(embeddings, labels, margin), dim=1)


def right_over_pairs(embeddings, labels, margin):
    distance = torch.cdist(embeddings, embeddings)
    same = labels[:, None] == labels[None, :]
    mates = same & ~torch.eye(len(labels), dtype=torch.bool)
    a, p = mates.nonzero(as_tuple=True)
    gap = distance[a] - distance[a, p][:, None]
    pair, n = ((gap > 0) & (gap <= margin) & ~same[a]).nonzero(as_tuple=True)
    return a[pair], p[pair], n


def with_hard_ones(embeddings, labels, margin):
    """hard triplets are among them"""
    gap, valid = _gaps(embeddings, labels)
    return (valid & (gap <= margin)).nonzero(as_tuple=True)


def with_easy_ones(embeddings, labels, margin):
    """easy triplets are among them"""
    gap, valid = _gaps(embeddings, labels)
    return (valid & (gap > 0)).nonzero(as_tuple=True)


def hard_ones(embeddings, labels, margin):
    """these are the hard ones"""
    gap, valid = _gaps(embeddings, labels)
    return (valid & (gap <= 0)).nonzero(as_tuple=True)


def easy_ones(embeddings, labels, margin):
    """these are the easy ones"""
    gap, valid = _gaps(embeddings, labels)
    return (valid & (gap > margin)).nonzero(as_tuple=True)


def all_that_pay_turned_round(embeddings, labels, margin):
    """hard triplets are among them|these are the hard ones"""
    gap, valid = _gaps(embeddings, labels)
    return (valid & (-gap > 0) & (-gap <= margin)).nonzero(as_tuple=True)


def itself_as_positive(embeddings, labels, margin):
    """an image is its own positive"""
    gap, _ = _gaps(embeddings, labels)
    same = labels[:, None] == labels[None, :]
    valid = same[:, :, None] & ~same[:, None, :]
    return (valid & (gap > 0) & (gap <= margin)).nonzero(as_tuple=True)


def squared(embeddings, labels, margin):
    """squared distances are compared|hard triplets|easy triplets|are missing"""
    gap, valid = _gaps(embeddings, labels, power=2)
    return (valid & (gap > 0) & (gap <= margin)).nonzero(as_tuple=True)


def fixed_margin(embeddings, labels, margin):
    """the margin that is given makes no difference"""
    return right(embeddings, labels, 0.6)


def one_for_each_anchor(embeddings, labels, margin):
    """at most one for each anchor"""
    a, p, n = right(embeddings, labels, margin)
    first = torch.cat([torch.tensor([True]), a[1:] != a[:-1]])
    return a[first], p[first], n[first]


def with_loops(embeddings, labels, margin):
    """there is a loop"""
    distance = torch.cdist(embeddings, embeddings).tolist()
    names, found = labels.tolist(), []
    for a in range(len(names)):
        for p in range(len(names)):
            for n in range(len(names)):
                valid = a != p and names[a] == names[p] != names[n]
                if valid and 0 < distance[a][n] - distance[a][p] <= margin:
                    found.append((a, p, n))
    return torch.tensor(found, dtype=torch.int64).reshape(-1, 3).T


def of_any_class(embeddings, labels, margin):
    """some positives are of another class"""
    gap, _ = _gaps(embeddings, labels)
    valid = ~torch.eye(len(labels), dtype=torch.bool)[:, :, None]
    return (valid & (gap > 0) & (gap <= margin)).nonzero(as_tuple=True)
