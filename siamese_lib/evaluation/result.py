"""Result of a one-shot evaluation, with its interval and a description of what was measured."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.metrics import mean_and_interval, wilson_interval


class GroupScore(NamedTuple):
    """Score of one group: ``accuracy``, 0 to 1, over ``n`` questions."""

    accuracy: float
    n: int


@dataclass(frozen=True, eq=False)
class OneShotResult:
    """Result of a one-shot evaluation. It prints as a line and is shown as a table in a notebook.

    Attributes:
        accuracy: Fraction of questions answered correctly, 0 to 1. If m examples tie for the best
            and the correct one is among them, the question counts 1/m.
        low: Lower bound of the 95 % interval.
        high: Upper bound of the 95 % interval.
        protocol: Description of the protocol.
        data: Name of the data set.
        n_way: Number of classes in a question. Guessing gives ``1 / n_way``.
        n_shot: Number of support images of each class.
        n_episodes: Number of episodes, or of runs of the official trials.
        interval: Description of how the interval was computed.
        groups: Score of each group (alphabet) of the correct answers, the hardest first.
        credit: Float tensor ``(E, Q)``: 1 if correct, 0 if wrong, 1/m in a tie.
        predicted: Predicted way, int64 ``(E, Q)``; in a tie, the first of the best.
    """

    accuracy: float
    low: float
    high: float
    protocol: str
    data: str
    n_way: int
    n_shot: int
    n_episodes: int
    interval: str
    groups: dict[str, GroupScore] = field(repr=False)
    credit: Tensor = field(repr=False)
    predicted: Tensor = field(repr=False)

    @property
    def n_questions(self) -> int:
        """Number of queries."""
        return self.credit.numel()

    def __str__(self) -> str:
        return (
            f"{100 * self.accuracy:.1f} % (95 % interval {100 * self.low:.1f} to "
            f"{100 * self.high:.1f}, {self.interval}), {self.n_way}-way {self.n_shot}-shot, "
            f"{self.protocol}, {self.n_questions:,} questions on {self.data}; guessing gives "
            f"{100 / self.n_way:.1f} %"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{100 * score.accuracy:.1f}</td>"
            f"<td>{score.n:,}</td></tr>"
            for name, score in self.groups.items()
        )
        return (
            f"<p>{html.escape(str(self))}</p><table><thead><tr><th>group, hardest first</th>"
            f"<th>right, %</th><th>questions</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    def as_dict(self) -> dict[str, float]:
        """Return ``accuracy``, ``low`` and ``high`` as plain JSON values, rounded to 5 decimals."""
        return {name: round(getattr(self, name), 5) for name in ("accuracy", "low", "high")}


def credit_of(similarity: Tensor, query_labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return credit and predictions, ``(E, Q)`` each, from similarities ``(E, Q, n_way)``.

    If m ways tie for the best and the correct one is among them, the credit is 1/m.
    """
    best = similarity == similarity.amax(dim=2, keepdim=True)
    right = best.gather(2, query_labels[:, :, None]).squeeze(2)
    return right / best.sum(dim=2), best.int().argmax(dim=2)


def interval_over_episodes(credit: Tensor) -> tuple[float, float]:
    """Return Student's t interval for the mean over episodes, from credit ``(E, Q)``.

    The interval is clipped to 0 to 1. If all answers are correct or all are wrong, return Wilson's
    interval over the queries.
    """
    per_episode = credit.double().mean(dim=1).tolist()
    mean, low, high = mean_and_interval(per_episode)
    if low == high and mean in (0.0, 1.0):
        # All right or all wrong: no spread to go by, but still only so many questions.
        return wilson_interval(mean, credit.numel())
    return max(0.0, low), min(1.0, high)


def scores_by_group(credit: Tensor, group: Tensor, names: tuple[str, ...]) -> dict[str, GroupScore]:
    """Return the mean credit of each group, the hardest first.

    ``group``, ``(E, Q)``, is the group of each correct answer, an index into ``names``.
    """
    flat, numbers = credit.flatten().double().cpu(), group.flatten().cpu()
    total = torch.bincount(numbers, flat, len(names))
    count = torch.bincount(numbers, minlength=len(names))
    present = count.nonzero().squeeze(1).tolist()
    of_name: dict[str, list[int]] = {}  # groups of two joined sets may share a name
    for g in present:
        of_name.setdefault(names[g], []).append(g)
    scores = {
        name: GroupScore((total[g].sum() / count[g].sum()).item(), int(count[g].sum()))
        for name, g in of_name.items()
    }
    return dict(sorted(scores.items(), key=lambda item: item[1].accuracy))
