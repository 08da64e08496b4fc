"""Answers to `evaluate`: `right...`, and others whose docstrings are their hints."""

import torch

from answers.credit import right as credit
from answers.sample_episode import right as sample_episode


def _embed(network, images, mode="restored"):
    before = network.training
    network.train(mode == "training")
    with torch.no_grad():
        z = network(images)
    if mode != "left":
        network.train(before)
    return z


def _usable(labels, alphabets, trained_on, n_way):
    names = [
        name
        for name in alphabets.unique().tolist()
        if name not in trained_on.tolist() and len(labels[alphabets == name].unique()) >= n_way
    ]
    if not names:
        raise ValueError(f"no alphabet that was not trained on has {n_way} characters")
    return names


def _ask(z, labels, alphabets, names, n_way, generator):
    """Similarities (1, n_way) and the right way (1,) of one episode."""
    name = names[int(torch.randint(len(names), (1,), generator=generator))]
    rows = (alphabets == name).nonzero().squeeze(1)
    support, query = sample_episode(labels[rows], n_way, 1, 1, generator)
    way = torch.randint(n_way, (1,), generator=generator)
    return -torch.cdist(z[rows][query[way, 0]], z[rows][support[:, 0]]), way


def _run(network, images, labels, alphabets, names, n_way, n_episodes, generator, mode="restored"):
    z = _embed(network, images, mode)
    questions = [_ask(z, labels, alphabets, names, n_way, generator) for _ in range(n_episodes)]
    return torch.cat([credit(*question) for question in questions])


def _all_ways(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """Similarities (n_way, n_way) of each episode: a query of each way."""
    names = _usable(labels, alphabets, trained_on, n_way)
    z = _embed(network, images)
    for _ in range(n_episodes):
        name = names[int(torch.randint(len(names), (1,), generator=generator))]
        rows = (alphabets == name).nonzero().squeeze(1)
        support, query = sample_episode(labels[rows], n_way, 1, 1, generator)
        yield -torch.cdist(z[rows][query[:, 0]], z[rows][support[:, 0]])


def right(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    names = _usable(labels, alphabets, trained_on, n_way)
    return _run(network, images, labels, alphabets, names, n_way, n_episodes, generator)


def right_as_floats(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    given = (network, images, labels, alphabets, trained_on, n_way, n_episodes, generator)
    return [float(one) for one in right(*given)]


def first(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """the right answer always stands first"""
    given = (network, images, labels, alphabets, trained_on, n_way, n_episodes, generator)
    return [float(similarity[0].argmax() == 0) for similarity in _all_ways(*given)]


def ties(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """ties are decided by place"""
    names = _usable(labels, alphabets, trained_on, n_way)
    z = _embed(network, images)
    asked = [_ask(z, labels, alphabets, names, n_way, generator) for _ in range(n_episodes)]
    return torch.cat([(s.argmax(dim=1) == way).float() for s, way in asked])


def shared(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """alphabets that were trained on are asked about"""
    names = _usable(labels, alphabets, torch.tensor([]), n_way)
    return _run(network, images, labels, alphabets, names, n_way, n_episodes, generator)


def only_trained(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """alphabets that were trained on are asked about"""
    _usable(labels, alphabets, trained_on, n_way)
    names = trained_on.tolist()
    return _run(network, images, labels, alphabets, names, n_way, n_episodes, generator)


def unstructured(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """the ways of an episode come from several alphabets"""
    names = _usable(labels, alphabets, trained_on, n_way)
    one = torch.where(torch.isin(alphabets, torch.tensor(names)), 1, 0)
    return _run(network, images, labels, one, [1], n_way, n_episodes, generator)


def unseeded(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """the same generator gives another result"""
    names = _usable(labels, alphabets, trained_on, n_way)
    return _run(network, images, labels, alphabets, names, n_way, n_episodes, None)


def own_seed(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """another seed gives the same result"""
    names = _usable(labels, alphabets, trained_on, n_way)
    own = torch.Generator().manual_seed(0)
    return _run(network, images, labels, alphabets, names, n_way, n_episodes, own)


def in_training(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """the network is asked in training mode"""
    names = _usable(labels, alphabets, trained_on, n_way)
    where = (network, images, labels, alphabets, names, n_way, n_episodes, generator)
    return _run(*where, mode="training")


def mode_not_restored(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """is left in evaluation mode"""
    names = _usable(labels, alphabets, trained_on, n_way)
    where = (network, images, labels, alphabets, names, n_way, n_episodes, generator)
    return _run(*where, mode="left")


def with_gradients(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """gradients are recorded"""
    names = _usable(labels, alphabets, trained_on, n_way)
    network.eval()
    z = network(images)
    network.train()
    asked = [_ask(z, labels, alphabets, names, n_way, generator) for _ in range(n_episodes)]
    return torch.cat([credit(*question) for question in asked])


def one_mean(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """the credit of each episode is asked for"""
    given = (network, images, labels, alphabets, trained_on, n_way, n_episodes, generator)
    return right(*given).mean()


def never_refuses(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """raise a ValueError"""
    n_way = min(n_way, 8)
    names = _usable(labels, alphabets, trained_on, n_way)
    return _run(network, images, labels, alphabets, names, n_way, n_episodes, generator)


def _leaking(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator, query):
    names = _usable(labels, alphabets, trained_on, n_way)
    z, scores = _embed(network, images), []
    for _ in range(n_episodes):
        name = names[int(torch.randint(len(names), (1,), generator=generator))]
        classes = labels[alphabets == name].unique()
        classes = classes[torch.randperm(len(classes), generator=generator)[:n_way]]
        of_each = [(labels == one).nonzero().squeeze(1) for one in classes]
        rows = torch.stack([query(of, generator) for of in of_each])
        way = torch.randint(n_way, (1,), generator=generator)
        scores.append(credit(-torch.cdist(z[rows[way, 1]], z[rows[:, 0]]), way))
    return torch.cat(scores)


def query_is_the_example(
    network, images, labels, alphabets, trained_on, n_way, n_episodes, generator
):
    """is the query one of the examples?"""

    def twice(rows, generator):
        return rows[torch.randint(len(rows), (1,), generator=generator)].expand(2)

    given = (network, images, labels, alphabets, trained_on, n_way, n_episodes, generator)
    return _leaking(*given, query=twice)


def drawn_with_replacement(
    network, images, labels, alphabets, trained_on, n_way, n_episodes, generator
):
    """is the query one of the examples?"""

    def two(rows, generator):
        return rows[torch.randint(len(rows), (2,), generator=generator)]

    given = (network, images, labels, alphabets, trained_on, n_way, n_episodes, generator)
    return _leaking(*given, query=two)


def stuck(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """called again with the same generator it gives the same result"""
    own = torch.Generator().manual_seed(generator.initial_seed())
    return right(network, images, labels, alphabets, trained_on, n_way, n_episodes, own)


def about_all_ways(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    """ask about one image of an episode"""
    given = (network, images, labels, alphabets, trained_on, n_way, n_episodes, generator)
    ways = torch.arange(n_way)
    return [float(credit(similarity, ways).mean()) for similarity in _all_ways(*given)]
