"""Answers to `build_door`: `right...`, and others whose docstrings are their hints.

Wrong ones train nothing, so that the tests are quick.
"""

import torch
from torch import nn

from answers.choose_threshold import for_one_person, wrong_tail
from answers.choose_threshold import right as choose_threshold
from answers.door import Right as Door
from siamese_lib.augment import RandomAffine
from siamese_lib.losses import SupConLoss
from siamese_lib.models import UnitLength, fast
from siamese_lib.sampling import MPerClassSampler


def _train(images, labels, seed, steps):
    torch.manual_seed(seed)
    network, loss = nn.Sequential(fast(), UnitLength()), SupConLoss(temperature=0.05)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=steps)
    augment = RandomAffine(generator=seed)
    sampler = MPerClassSampler(labels, m=4, batch_size=128, generator=seed)
    for rows in sampler.sample(steps):
        value = loss(network(augment(images[rows])), labels[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
    return network


def _to_calibrate(labels, seed, n_people=120):
    generator = torch.Generator().manual_seed(seed)
    people = labels.unique()
    chosen = people[torch.randperm(len(people), generator=generator)[:n_people]]
    return torch.isin(labels, chosen), generator


def right(images, labels, far, n_enrolled, seed):
    kept, generator = _to_calibrate(labels, seed)
    network = _train(images[~kept], labels[~kept], seed, steps=600)
    threshold = choose_threshold(network, images[kept], labels[kept], far, n_enrolled, generator)
    return Door(network, threshold)


def pixels(images, labels, far, n_enrolled, seed):
    """of the employees' visits are named"""
    _, generator = _to_calibrate(labels, seed)
    network = nn.Flatten()
    return Door(network, choose_threshold(network, images, labels, far, n_enrolled, generator))


def open_to_all(images, labels, far, n_enrolled, seed):
    """all strangers get in"""
    return Door(nn.Flatten(), 1e9)


def closed_to_all(images, labels, far, n_enrolled, seed):
    """no employee is named right"""
    return Door(nn.Flatten(), -1.0)


def calibrated_for_one(images, labels, far, n_enrolled, seed):
    """of the strangers got in"""
    kept, generator = _to_calibrate(labels, seed)
    network = nn.Flatten()
    return Door(
        network, for_one_person(network, images[kept], labels[kept], far, n_enrolled, generator)
    )


def other_tail(images, labels, far, n_enrolled, seed):
    """of the strangers got in"""
    _, generator = _to_calibrate(labels, seed)
    network = nn.Flatten()
    return Door(network, wrong_tail(network, images, labels, far, n_enrolled, generator))


def returns_the_network(images, labels, far, n_enrolled, seed):
    """it returns Flatten, where a door"""
    return nn.Flatten()


def returns_nothing(images, labels, far, n_enrolled, seed):
    """it returns NoneType, where a door"""
    Door(nn.Flatten(), 1.0)


def untrained(images, labels, far, n_enrolled, seed):
    """of the employees' visits are named"""
    kept, generator = _to_calibrate(labels, seed)
    torch.manual_seed(seed)
    network = nn.Sequential(fast(), UnitLength())
    threshold = choose_threshold(network, images[kept], labels[kept], far, n_enrolled, generator)
    return Door(network, threshold)


def enrols_everybody(images, labels, far, n_enrolled, seed):
    """hand it over with nobody enrolled"""
    door = Door(nn.Flatten(), 5.0)
    for who in labels.unique().tolist():
        door.enrol(f"worker {who}", images[labels == who][0])
    return door


def one_embedding_for_all(images, labels, far, n_enrolled, seed):
    """all strangers get in"""
    return Door(nn.Sequential(nn.Flatten(), nn.Linear(784, 8).requires_grad_(False)), 50.0)


def too_few_arguments(images, labels, far):
    """it stops with TypeError"""
