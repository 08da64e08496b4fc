"""The 400 official one-shot trials of Lake, Salakhutdinov and Tenenbaum (2015)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from siamese_lib.data import LabelledImages, LakeTrials, lake_trials
from siamese_lib.evaluation.result import OneShotResult, credit_of, scores_by_group
from siamese_lib.evaluation.scorers import (
    Scorer,
    as_scorer,
    check_similarity,
    features_of,
)
from siamese_lib.metrics import wilson_interval


@torch.no_grad()
def evaluate_lake(
    scorer: Scorer | Callable[[Tensor], Tensor],
    trials: LakeTrials | None = None,
    alphabets: LabelledImages | list[str] | None = None,
) -> OneShotResult:
    """Return the accuracy on the 400 within-alphabet 20-way one-shot trials.

    Args:
        scorer: Network, function from images to embeddings, or scorer.
        trials: Trials to evaluate. Default: ``lake_trials()``, which is official on Omniglot.
        alphabets: Data set from which the trials were taken, or the alphabet name of each run (see
            ``alphabets_of``), for scores per alphabet. Default: scores per run.

    Returns:
        The result, with Wilson's interval over the trials.

    Raises:
        ValueError: If scores contain NaN or infinity, if the trials are not part of the data set,
            or if the number of names differs from the number of runs.
    """
    trials = lake_trials() if trials is None else trials
    scorer = as_scorer(scorer)
    n_runs, n_way = trials.support.shape[:2]
    # One pass for all: each drawing is prepared once.
    images = torch.cat([trials.support.flatten(0, 1), trials.query.flatten(0, 1)])
    features = features_of(scorer, images)
    support, query = features.unflatten(0, (2, n_runs, n_way)).unbind(0)
    similarity = check_similarity(scorer.similarity(query, support))
    credit, predicted = (
        part.cpu() for part in credit_of(similarity, trials.query_labels.to(similarity.device))
    )
    accuracy = credit.double().mean().item()
    low, high = wilson_interval(accuracy, credit.numel())
    if isinstance(alphabets, LabelledImages):
        alphabets = alphabets_of(trials, alphabets)
    run_names = alphabets or [f"run {number:02d}" for number in range(1, n_runs + 1)]
    if len(run_names) != n_runs:
        raise ValueError(f"alphabets must hold {n_runs} names, one a run, got {len(run_names)}")
    names = tuple(dict.fromkeys(run_names))
    number = torch.tensor([names.index(name) for name in run_names])
    return OneShotResult(
        accuracy=accuracy,
        low=low,
        high=high,
        protocol="400 trials within one alphabet",
        data=trials.name,
        n_way=n_way,
        n_shot=1,
        n_episodes=n_runs,
        interval="Wilson",
        groups=scores_by_group(credit, number[:, None].expand_as(credit), names),
        credit=credit,
        predicted=predicted,
    )


def alphabets_of(trials: LakeTrials, data: LabelledImages) -> list[str]:
    """Return the alphabet of each run, found by searching the data set for its drawings.

    A drawing matches if all its pixels are equal.

    Args:
        trials: The trials.
        data: Evaluation set of the same source and image size.

    Raises:
        ValueError: If a run has no drawing in the set, or if its drawings do not determine one
            alphabet.
    """
    images, groups = data.images.cpu().numpy(), data.groups.tolist()
    # Two alphabets may hold the same small drawing, a dot or a line: a drawing names a set of them.
    groups_of: dict[bytes, set[int]] = {}
    for image, group in zip(images, groups, strict=True):
        groups_of.setdefault(image.tobytes(), set()).add(group)
    names = []
    for number, run in enumerate(trials.support.cpu().numpy(), start=1):
        candidates = [groups_of[image.tobytes()] for image in run if image.tobytes() in groups_of]
        found = set.intersection(*candidates) if candidates else set()
        if len(found) != 1:
            raise ValueError(
                f"run {number} fits {len(found)} alphabets of {data.name}, expected 1: "
                "trials and set must be of one source and one size"
            )
        names.append(data.group_names[found.pop()])
    return names
