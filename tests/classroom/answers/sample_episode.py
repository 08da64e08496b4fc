"""Answers to `sample_episode`: `right...`, and others whose docstrings are their hints."""

import torch

from answers.sample_batch import _classes, _of


def _choose(labels, n_way, n_images, generator):
    names = _classes(labels, n_images)
    if len(names) < n_way:
        raise ValueError(f"{n_way} classes with {n_images} images, there are {len(names)}")
    return names[torch.randperm(len(names), generator=generator)[:n_way]]


def right(labels, n_way, n_shot, n_query, generator):
    chosen = _choose(labels, n_way, n_shot + n_query, generator)
    rows = torch.stack([_of(labels, name, n_shot + n_query, generator) for name in chosen])
    return rows[:, :n_shot], rows[:, n_shot:]


def right_as_lists(labels, n_way, n_shot, n_query, generator):
    support, query = right(labels, n_way, n_shot, n_query, generator)
    return support.tolist(), query.tolist()


def leaks(labels, n_way, n_shot, n_query, generator):
    """a query is one of the examples as well"""
    chosen = _choose(labels, n_way, n_shot + n_query, generator)
    support = torch.stack([_of(labels, name, n_shot, generator) for name in chosen])
    query = torch.stack([_of(labels, name, n_query, generator) for name in chosen])
    return support, query


def same_images(labels, n_way, n_shot, n_query, generator):
    """a query is one of the examples as well"""
    support, _ = right(labels, n_way, n_shot, n_query, generator)
    return support, support


def a_class_twice(labels, n_way, n_shot, n_query, generator):
    """a class stands in two rows"""
    names = _classes(labels, n_shot + n_query)
    if len(names) < n_way:
        raise ValueError
    chosen = names[torch.randint(len(names), (n_way,), generator=generator)]
    rows = torch.stack([_of(labels, name, n_shot + n_query, generator) for name in chosen])
    return rows[:, :n_shot], rows[:, n_shot:]


def first_images(labels, n_way, n_shot, n_query, generator):
    """some images are never drawn|some images are only ever examples"""
    chosen = _choose(labels, n_way, n_shot + n_query, generator)
    rows = torch.stack([(labels == n).nonzero().squeeze(1)[: n_shot + n_query] for n in chosen])
    return rows[:, :n_shot], rows[:, n_shot:]


def sorted_rows(labels, n_way, n_shot, n_query, generator):
    """some images are only ever examples"""
    chosen = _choose(labels, n_way, n_shot + n_query, generator)
    rows = [(labels == name).nonzero().squeeze(1) for name in chosen]
    half = [len(r) // 2 for r in rows]

    def pick(of, n):
        return of[torch.randperm(len(of), generator=generator)[:n]]

    support = [pick(r[:h], n_shot) for r, h in zip(rows, half, strict=True)]
    query = [pick(r[h:], n_query) for r, h in zip(rows, half, strict=True)]
    return torch.stack(support), torch.stack(query)


def global_generator(labels, n_way, n_shot, n_query, generator):
    """draw only with it"""
    return right(labels, n_way, n_shot, n_query, None)


def own_seed(labels, n_way, n_shot, n_query, generator):
    """the generator is not used"""
    return right(labels, n_way, n_shot, n_query, torch.Generator().manual_seed(3))


def gives_labels(labels, n_way, n_shot, n_query, generator):
    """are they labels, not indices?|labels or indices mixed up?"""
    support, query = right(labels, n_way, n_shot, n_query, generator)
    return labels[support], labels[query]


def flat(labels, n_way, n_shot, n_query, generator):
    """support has shape (10,)"""
    support, query = right(labels, n_way, n_shot, n_query, generator)
    return support.flatten(), query.flatten()


def queries_shuffled(labels, n_way, n_shot, n_query, generator):
    """the queries of a row are of another class"""
    support, query = right(labels, n_way, n_shot, n_query, generator)
    return support, query[torch.randperm(n_way, generator=generator)]


def never_refuses(labels, n_way, n_shot, n_query, generator):
    """raise a ValueError"""
    names = _classes(labels, n_shot + n_query)
    n_way = min(n_way, len(names))
    return right(labels, n_way, n_shot, n_query, generator)


def stuck(labels, n_way, n_shot, n_query, generator):
    """called again with the same generator it gives the same episode"""
    own = torch.Generator().manual_seed(generator.initial_seed())
    return right(labels, n_way, n_shot, n_query, own)
