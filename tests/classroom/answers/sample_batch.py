"""Answers to `sample_batch`: `right...`, and others whose docstrings are their hints."""

import torch


def _classes(labels, k):
    names, counts = labels.unique(return_counts=True)
    return names[counts >= k]


def _of(labels, name, k, generator):
    rows = (labels == name).nonzero().squeeze(1)
    return rows[torch.randperm(len(rows), generator=generator)[:k]]


def right(labels, p, k, generator):
    names = _classes(labels, k)
    if len(names) < p:
        raise ValueError(f"{p} classes with {k} images are asked for, there are {len(names)}")
    chosen = names[torch.randperm(len(names), generator=generator)[:p]]
    return torch.cat([_of(labels, name, k, generator) for name in chosen])


def right_as_a_list(labels, p, k, generator):
    names = _classes(labels, k).tolist()
    if len(names) < p:
        raise ValueError("too few classes")
    batch = []
    for i in torch.randperm(len(names), generator=generator)[:p].tolist():
        batch += _of(labels, names[i], k, generator).tolist()
    return batch


def with_replacement(labels, p, k, generator):
    """the same image stands twice"""
    names = _classes(labels, k)
    if len(names) < p:
        raise ValueError
    chosen = names[torch.randperm(len(names), generator=generator)[:p]]
    rows = [(labels == name).nonzero().squeeze(1) for name in chosen]
    return torch.cat([r[torch.randint(len(r), (k,), generator=generator)] for r in rows])


def gives_labels(labels, p, k, generator):
    """are they labels, not indices?|labels and indices"""
    return labels[right(labels, p, k, generator)]


def global_generator(labels, p, k, generator):
    """draw only with it"""
    return right(labels, p, k, None)


def own_seed(labels, p, k, generator):
    """another seed gives the same batch"""
    return right(labels, p, k, torch.Generator().manual_seed(0))


def first_classes(labels, p, k, generator):
    """some classes are never drawn"""
    names = _classes(labels, k)
    if len(names) < p:
        raise ValueError
    return torch.cat([_of(labels, name, k, generator) for name in names[:p]])


def first_images(labels, p, k, generator):
    """some images are never drawn"""
    names = _classes(labels, k)
    if len(names) < p:
        raise ValueError
    chosen = names[torch.randperm(len(names), generator=generator)[:p]]
    return torch.cat([(labels == name).nonzero().squeeze(1)[:k] for name in chosen])


def by_size(labels, p, k, generator):
    """large classes are drawn more often|some classes are drawn far more often"""
    names = _classes(labels, k)
    if len(names) < p:
        raise ValueError
    chosen = []
    while len(chosen) < p:
        name = labels[torch.randint(len(labels), (1,), generator=generator)].item()
        if name in names.tolist() and name not in chosen:
            chosen.append(name)
    return torch.cat([_of(labels, name, k, generator) for name in chosen])


def a_class_twice(labels, p, k, generator):
    """is one drawn twice?"""
    names = _classes(labels, k)
    if len(names) < p:
        raise ValueError
    chosen = names[torch.randint(len(names), (p,), generator=generator)]
    return torch.cat([_of(labels, name, k, generator) for name in chosen])


def too_small_classes(labels, p, k, generator):
    """it returns|a class with fewer than 3 images is drawn|there are not"""
    names = labels.unique()
    chosen = names[torch.randperm(len(names), generator=generator)[:p]]
    return torch.cat([_of(labels, name, k, generator) for name in chosen])


def shuffled(labels, p, k, generator):
    """the images of a class do not stand together"""
    batch = right(labels, p, k, generator)
    return batch[torch.randperm(len(batch), generator=generator)]


def never_refuses(labels, p, k, generator):
    """raise a ValueError"""
    names = _classes(labels, k)
    chosen = names[torch.randperm(len(names), generator=generator)[:p]]
    return torch.cat([_of(labels, name, k, generator) for name in chosen])


def any_images(labels, p, k, generator):
    """there are|labels and indices"""
    return torch.randperm(len(labels), generator=generator)[: p * k]


def stuck(labels, p, k, generator):
    """called again with the same generator it gives the same batch"""
    return right(labels, p, k, torch.Generator().manual_seed(generator.initial_seed()))
