"""Answers to `n_way_accuracy`: `right...`, and others whose docstrings are their hints."""

import torch

from answers.credit import right as credit
from answers.sample_episode import leaks as leaking_episode
from answers.sample_episode import right as sample_episode


def _episode_accuracy(z, support, query, combine="mean"):
    examples = z[support].mean(dim=1) if combine == "mean" else z[support[:, 0]]
    similarity = -torch.cdist(z[query[:, 0]], examples)
    return credit(similarity, torch.arange(len(query))).mean()


def _all(embed, images, labels, n_way, n_shot, n_episodes, generator, sample, **options):
    with torch.no_grad():
        z = embed(images)
    scores = []
    for _ in range(n_episodes):
        support, query = sample(labels, n_way, n_shot, 1, generator)
        scores.append(_episode_accuracy(z, support, query, **options))
    return torch.stack(scores)


def right(embed, images, labels, n_way, n_shot, n_episodes, generator):
    return _all(embed, images, labels, n_way, n_shot, n_episodes, generator, sample_episode)


def right_as_a_list(embed, images, labels, n_way, n_shot, n_episodes, generator):
    return right(embed, images, labels, n_way, n_shot, n_episodes, generator).tolist()


def leaks(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """is a query among its own examples?"""

    def same(labels, n_way, n_shot, n_query, generator):
        support, _ = sample_episode(labels, n_way, n_shot, n_query, generator)
        return support, support[:, :1]

    return _all(embed, images, labels, n_way, n_shot, n_episodes, generator, same)


def leaks_sometimes(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """compared by the mean of its shots|is a query among its own examples?"""

    def drawn_twice(labels, n_way, n_shot, n_query, generator):
        support, query = leaking_episode(labels, n_way, n_shot, n_query, generator)
        half = torch.rand(n_way, generator=generator) < 0.5
        return support, torch.where(half[:, None], support[:, :1], query)

    return _all(embed, images, labels, n_way, n_shot, n_episodes, generator, drawn_twice)


def answer_first(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """the right answer stands first"""
    with torch.no_grad():
        z = embed(images)
    scores = []
    for _ in range(n_episodes):
        support, query = sample_episode(labels, n_way, n_shot, 1, generator)
        similarity = -torch.cdist(z[query[:1, 0]], z[support].mean(dim=1))
        scores.append((similarity.argmax(dim=1) == 0).float().mean())
    return torch.stack(scores)


def ties_are_wrong(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """a tie is shared, it is not wrong"""
    with torch.no_grad():
        z = embed(images)
    scores = []
    for _ in range(n_episodes):
        support, query = sample_episode(labels, n_way, n_shot, 1, generator)
        distance = torch.cdist(z[query[:, 0]], z[support].mean(dim=1))
        right = distance.diagonal()[:, None]
        scores.append(((distance > right).sum(dim=1) == n_way - 1).float().mean())
    return torch.stack(scores)


def one_mean(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """the accuracy of each episode is asked for"""
    return right(embed, images, labels, n_way, n_shot, n_episodes, generator).mean()


def first_shot_only(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """a class is compared by the mean of its shots"""
    where = (embed, images, labels, n_way, n_shot, n_episodes, generator)
    return _all(*where, sample_episode, combine="first")


def own_seed(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """the generator is not used"""
    own = torch.Generator().manual_seed(0)
    return right(embed, images, labels, n_way, n_shot, n_episodes, own)


def global_generator(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """draw only with it"""
    return right(embed, images, labels, n_way, n_shot, n_episodes, None)


def one_episode(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """all episodes are alike"""
    accuracy = right(embed, images, labels, n_way, n_shot, 1, generator)
    return accuracy.expand(n_episodes)


def farthest(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """classes that lie far apart are named right in 0%"""

    def turned(images):
        return embed(images)

    with torch.no_grad():
        z = turned(images)
    scores = []
    for _ in range(n_episodes):
        support, query = sample_episode(labels, n_way, n_shot, 1, generator)
        distance = torch.cdist(z[query[:, 0]], z[support].mean(dim=1))
        scores.append(credit(distance, torch.arange(n_way)).mean())
    return torch.stack(scores)


def drawn_with_replacement(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """is a query among its own examples?"""

    def sample(labels, n_way, n_shot, n_query, generator):
        names = labels.unique()
        names = names[torch.randperm(len(names), generator=generator)[:n_way]]
        rows = [(labels == name).nonzero().squeeze(1) for name in names]
        drawn = torch.stack(
            [of[torch.randint(len(of), (n_shot + 1,), generator=generator)] for of in rows]
        )
        return drawn[:, :n_shot], drawn[:, n_shot:]

    return _all(embed, images, labels, n_way, n_shot, n_episodes, generator, sample)


def stuck(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """called again with the same generator it gives the same episodes"""
    own = torch.Generator().manual_seed(generator.initial_seed())
    return right(embed, images, labels, n_way, n_shot, n_episodes, own)


def embeds_for_each_episode(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """images are embedded, and there are"""
    where = (embed, images, labels, n_way, n_shot, 1, generator)
    return torch.cat([right(*where) for _ in range(n_episodes)])


def with_gradients(embed, images, labels, n_way, n_shot, n_episodes, generator):
    """gradients are recorded"""

    def recording(images):
        with torch.enable_grad():
            return embed(images)

    return right(recording, images, labels, n_way, n_shot, n_episodes, generator)
