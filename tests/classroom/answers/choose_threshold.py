"""Answers to `choose_threshold`: `right...`, and others whose docstrings are their hints."""

import torch


@torch.no_grad()
def _rehearse(network, images, labels, n_enrolled, generator, n=50):
    z = network.eval()(images)
    people, found = labels.unique(), []
    for _ in range(n):
        inside = people[torch.randperm(len(people), generator=generator)[:n_enrolled]]
        rows = []
        for who in inside:
            of_them = (labels == who).nonzero()[:, 0]
            rows.append(of_them[torch.randint(len(of_them), (1,), generator=generator)])
        strangers = z[~torch.isin(labels, inside)]
        found.append(torch.cdist(strangers, z[torch.cat(rows)]))
    return torch.cat(found)


def right(network, images, labels, far, n_enrolled, generator):
    table = _rehearse(network, images, labels, n_enrolled, generator)
    return table.min(dim=1).values.quantile(far).item()


def right_by_sorting(network, images, labels, far, n_enrolled, generator):
    nearest = _rehearse(network, images, labels, n_enrolled, generator, 100).amin(dim=1)
    return nearest.sort().values[int(far * len(nearest))]


def _pairs(network, images, labels):
    z = network(images)
    first, second = torch.triu_indices(len(z), len(z), 1)
    return (z[first] - z[second]).norm(dim=1), labels[first] == labels[second]


def for_one_person(network, images, labels, far, n_enrolled, generator):
    """this is right for one enrolled person"""
    distance, same = _pairs(network, images, labels)
    return distance[~same].quantile(far)


def wrong_tail(network, images, labels, far, n_enrolled, generator):
    """the tail is the wrong one"""
    return right(network, images, labels, 1 - far, n_enrolled, generator)


def refuses_employees(network, images, labels, far, n_enrolled, generator):
    """this refuses the wanted share of *employees*"""
    distance, same = _pairs(network, images, labels)
    return distance[same].quantile(1 - far)


def all_pairs(network, images, labels, far, n_enrolled, generator):
    """this is taken from same and different pairs together"""
    distance, _ = _pairs(network, images, labels)
    return distance.quantile(far)


def with_itself(network, images, labels, far, n_enrolled, generator):
    """was a picture compared with itself?"""
    z = network(images)
    rows = torch.randperm(len(z), generator=generator)[:n_enrolled]
    return torch.cdist(z[rows], z).amin(dim=1).quantile(far)


def mean_of_strangers(network, images, labels, far, n_enrolled, generator):
    """this looks at where strangers are on average"""
    return _rehearse(network, images, labels, n_enrolled, generator).amin(dim=1).mean()


def a_constant(network, images, labels, far, n_enrolled, generator):
    """the rate that is wanted makes no difference"""
    return 1.0


def in_percent(network, images, labels, far, n_enrolled, generator):
    """the rate is divided by 100"""
    return right(network, images, labels, far / 100, n_enrolled, generator)


def strangers_at_random(network, images, labels, far, n_enrolled, generator):
    """wanted 5% of the strangers, got"""
    table = _rehearse(network, images, labels, n_enrolled, generator)
    return table.mean(dim=1).quantile(far)


def not_finite(network, images, labels, far, n_enrolled, generator):
    """the threshold is not a finite number"""
    return float("nan")
