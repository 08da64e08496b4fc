"""Answers to `split_by_alphabet`: `right...`, and others whose docstrings are their hints."""

import torch


def right(labels, alphabets, n_held_out, generator):
    names = alphabets.unique()
    if n_held_out >= len(names):
        raise ValueError(f"{n_held_out} of {len(names)} alphabets held out: nothing to train on")
    held = names[torch.randperm(len(names), generator=generator)[:n_held_out]]
    return ~torch.isin(alphabets, held)


def right_in_numbers(labels, alphabets, n_held_out, generator):
    return right(labels, alphabets, n_held_out, generator).long().tolist()


def by_image(labels, alphabets, n_held_out, generator):
    """characters are on both sides"""
    if n_held_out >= len(alphabets.unique()):
        raise ValueError
    n = len(labels) * n_held_out // len(alphabets.unique())
    mask = torch.ones(len(labels), dtype=torch.bool)
    mask[torch.randperm(len(labels), generator=generator)[:n]] = False
    return mask


def by_character(labels, alphabets, n_held_out, generator):
    """alphabets are on both sides"""
    if n_held_out >= len(alphabets.unique()):
        raise ValueError
    names = labels.unique()
    n = len(names) * n_held_out // len(alphabets.unique())
    return ~torch.isin(labels, names[torch.randperm(len(names), generator=generator)[:n]])


def turned_round(labels, alphabets, n_held_out, generator):
    """True and False are exchanged"""
    return ~right(labels, alphabets, n_held_out, generator)


def last_ones(labels, alphabets, n_held_out, generator):
    """every seed holds out the same alphabets"""
    if n_held_out >= len(alphabets.unique()):
        raise ValueError
    return ~torch.isin(alphabets, alphabets.unique()[-n_held_out:])


def one_too_many(labels, alphabets, n_held_out, generator):
    """4 alphabets are held out, 3 were asked for"""
    return right(labels, alphabets, n_held_out + 1, generator)


def global_generator(labels, alphabets, n_held_out, generator):
    """draw only with it"""
    return right(labels, alphabets, n_held_out, None)


def indices(labels, alphabets, n_held_out, generator):
    """a mask is expected"""
    return right(labels, alphabets, n_held_out, generator).nonzero().squeeze(1)


def two_lists(labels, alphabets, n_held_out, generator):
    """a mask is expected|it returns something of another kind"""
    mask = right(labels, alphabets, n_held_out, generator)
    return mask.nonzero().squeeze(1), (~mask).nonzero().squeeze(1)


def never_refuses(labels, alphabets, n_held_out, generator):
    """raise a ValueError"""
    names = alphabets.unique()
    held = names[torch.randperm(len(names), generator=generator)[:n_held_out]]
    return ~torch.isin(alphabets, held)


def keeps_everything(labels, alphabets, n_held_out, generator):
    """one side of the split is empty"""
    return torch.ones(len(labels), dtype=torch.bool)


def stuck(labels, alphabets, n_held_out, generator):
    """called again with the same generator it gives the same split"""
    own = torch.Generator().manual_seed(generator.initial_seed())
    return right(labels, alphabets, n_held_out, own)
