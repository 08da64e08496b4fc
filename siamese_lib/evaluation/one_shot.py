"""N-way K-shot accuracy over many episodes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from siamese_lib.checks import check_one_of
from siamese_lib.data import LabelledImages
from siamese_lib.distances import at_least_float32
from siamese_lib.evaluation.result import (
    OneShotResult,
    credit_of,
    interval_over_episodes,
    scores_by_group,
)
from siamese_lib.evaluation.scorers import (
    EmbeddingScorer,
    Scorer,
    as_scorer,
    check_similarity,
    features_of,
)
from siamese_lib.metrics import wilson_interval
from siamese_lib.sampling import Episodes, EpisodeSampler

PROTOCOLS = {"unstructured": "ways from all groups", "within_alphabet": "ways from one group"}
HANDS = {"class": "", "episode": "; examples by other makers than all queries"}
COMBINATIONS = ("nearest", "prototype")
# Comparisons made at once; more would only cost memory.
AT_ONCE = 1 << 19


@torch.no_grad()
def one_shot_accuracy(
    scorer: Scorer | Callable[[Tensor], Tensor] | Tensor,
    data: LabelledImages,
    n_way: int = 20,
    n_shot: int = 1,
    n_query: int = 1,
    protocol: str = "unstructured",
    n_episodes: int = 1000,
    combine: str = "nearest",
    generator: torch.Generator | int | None = 0,
    makers_apart: str = "class",
) -> OneShotResult:
    """Return the accuracy of assigning queries to the class of the nearest example.

    Each image is prepared (embedded) once for all episodes. Support and query are always different
    images. If the set has more than one maker, support and query images of a class are by different
    makers.

    Args:
        scorer: Network, function from float images ``(B, C, H, W)`` to embeddings ``(B, D)``,
            scorer, or embeddings ``(N, D)`` of all images of ``data``.
        data: Images to evaluate on. If the set has more than one maker, every class needs at least
            ``n_shot + n_query`` makers.
        n_way: Number of classes in an episode.
        n_shot: Number of support images of each class.
        n_query: Number of query images of each class.
        protocol: ``"unstructured"`` draws the ways from all alphabets; ``"within_alphabet"`` draws
            them from one alphabet, which is harder. Scores of the two are not comparable.
        n_episodes: Number of episodes.
        combine: How several examples of a class are combined: ``"nearest"`` uses the most similar
            one; ``"prototype"``, for embeddings only, uses the mean of their features (Snell,
            Swersky and Zemel 2017). With one shot, both give the same result.
        generator: A ``torch.Generator`` or a seed. The same seed gives the same episodes for every
            scorer.
        makers_apart: ``"class"``, or ``"episode"`` for different makers of examples and queries in
            a whole episode, as in the official trials; see ``EpisodeSampler``.

    Returns:
        The result. Its interval covers the drawing of episodes from *these* classes, not the choice
        of alphabets. With a single episode it is Wilson's interval over the queries.

    Raises:
        ValueError: If ``protocol`` or ``combine`` is unknown, if prototypes are requested without
            embeddings, if scores contain NaN or infinity, if the number of given embeddings differs
            from the number of images, or if there are too few classes, images or makers.

    >>> from siamese_lib.data import make_glyphs
    >>> from siamese_lib.evaluation import ConstantScorer
    >>> data = make_glyphs([10, 10], seed=0)
    >>> round(one_shot_accuracy(ConstantScorer(), data, n_way=5).accuracy, 3)  # it guesses
    0.2
    """
    check_one_of("combine", combine, COMBINATIONS)
    sampler = episode_sampler(data, n_way, n_shot, n_query, protocol, generator, makers_apart)
    episodes = sampler.sample(n_episodes)
    if isinstance(scorer, Tensor):  # the images are prepared already
        features, scorer = _checked_embeddings(scorer, data), EmbeddingScorer(lambda z: z)
    else:
        scorer = as_scorer(scorer)
        features = features_of(scorer, data)
    if combine == "prototype" and not isinstance(scorer, EmbeddingScorer):
        raise ValueError(
            "a prototype is a mean of embeddings; the features of "
            f"{type(scorer).__name__} have no meaningful mean: use combine='nearest'"
        )
    credit, predicted = answer_episodes(scorer, features, episodes, combine)
    if n_episodes > 1:
        (low, high), interval = interval_over_episodes(credit), f"over {n_episodes:,} episodes"
    else:
        (low, high), interval = wilson_interval(credit.mean().item(), credit.numel()), "Wilson"
    return OneShotResult(
        accuracy=credit.double().mean().item(),
        low=low,
        high=high,
        protocol=f"{protocol.replace('_', ' ')} ({PROTOCOLS[protocol]}{HANDS[makers_apart]})",
        data=data.name,
        n_way=n_way,
        n_shot=n_shot,
        n_episodes=n_episodes,
        interval=interval,
        groups=scores_by_group(credit, data.groups.cpu()[episodes.query], data.group_names),
        credit=credit,
        predicted=predicted,
    )


def episode_sampler(
    data: LabelledImages,
    n_way: int,
    n_shot: int = 1,
    n_query: int = 1,
    protocol: str = "unstructured",
    generator: torch.Generator | int | None = 0,
    makers_apart: str = "class",
) -> EpisodeSampler:
    """Return the sampler of a protocol; makers are kept apart if the set has more than one maker.

    The arguments and errors are those of ``one_shot_accuracy``.
    """
    check_one_of("protocol", protocol, PROTOCOLS)
    groups = data.groups if protocol == "within_alphabet" else None
    # A set whose pictures all have one maker (a folder of photographs, say) names no makers.
    makers = data.makers if len(data.makers.unique()) > 1 else None
    return EpisodeSampler(
        data.labels, n_way, n_shot, n_query, groups, makers, generator, makers_apart
    )


def _checked_embeddings(embeddings: Tensor, data: LabelledImages) -> Tensor:
    if embeddings.ndim != 2 or len(embeddings) != len(data):
        raise ValueError(
            f"embeddings must have shape ({len(data)}, D), a row for each image of {data.name}, "
            f"got {tuple(embeddings.shape)}"
        )
    return at_least_float32(embeddings)


@torch.no_grad()
def answer_episodes(
    scorer: Scorer, features: Tensor, episodes: Episodes, combine: str = "nearest"
) -> tuple[Tensor, Tensor]:
    """Return credit and predictions, ``(E, Q)`` each on the CPU, for episodes over prepared images.

    Args:
        scorer: Scorer that compares the features.
        features: Features of the images, ``(N, ...)``, from ``scorer.prepare``.
        episodes: Indices into the features.
        combine: ``"nearest"`` or ``"prototype"``; see ``one_shot_accuracy``.
    """
    n_way, n_shot = episodes.support.shape[1:]
    per_episode = episodes.query.shape[1] * n_way * n_shot
    credits, predictions = [], []
    for part in torch.arange(len(episodes.query)).split(max(1, AT_ONCE // per_episode)):
        support, query, query_labels = (index[part].to(features.device) for index in episodes)
        if combine == "prototype":
            examples = features[support].mean(dim=2)
        else:
            examples = features[support.flatten(1)]
        similarity = check_similarity(scorer.similarity(features[query], examples))
        if combine == "nearest":
            similarity = similarity.unflatten(2, (n_way, n_shot)).amax(dim=3)
        credit, predicted = credit_of(similarity, query_labels)
        credits.append(credit.cpu())
        predictions.append(predicted.cpu())
    return torch.cat(credits), torch.cat(predictions)
