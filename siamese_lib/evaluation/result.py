"""One readable object for a one-shot score, with its interval and what it was measured on."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.metrics import mean_and_interval, wilson_interval


class GroupScore(NamedTuple):
    """The score within one group: ``accuracy`` (0 to 1) over ``n`` questions."""

    accuracy: float
    n: int


@dataclass(frozen=True, eq=False)
class OneShotResult:
    """A one-shot score. It prints as a line, and shows as a table in a notebook.

    Attributes:
        accuracy: share of the questions that were answered rightly, 0 to 1. A tie among m best
            examples counts 1/m where the right one is among them.
        low: lower end of the 95 % interval.
        high: upper end.
        protocol: what was asked, in words.
        data: name of the set.
        n_way: classes in a question; guessing gives ``1 / n_way``.
        n_shot: examples of each class.
        n_episodes: episodes, or runs of the official trials.
        interval: how the interval was made, in words.
        groups: score for each group (alphabet) of the right answers, the hardest first.
        credit: float ``(E, Q)``: 1 where right, 0 where wrong, 1/m for a tie.
        predicted: int64 ``(E, Q)``: the way that was chosen (the first of the best).
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
        """How many queries were named."""
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
        """``accuracy``, ``low`` and ``high``, rounded to what can be read: plain JSON values."""
        return {name: round(getattr(self, name), 5) for name in ("accuracy", "low", "high")}


def credit_of(similarity: Tensor, query_labels: Tensor) -> tuple[Tensor, Tensor]:
    """Credit ``(E, Q)`` and predictions ``(E, Q)`` from similarities ``(E, Q, n_way)``.

    A scorer that gives everything the same score must not profit from where the right answer
    happens to stand: m equal best ones count 1/m.
    """
    best = similarity == similarity.amax(dim=2, keepdim=True)
    right = best.gather(2, query_labels[:, :, None]).squeeze(2)
    return right / best.sum(dim=2), best.int().argmax(dim=2)


def interval_over_episodes(credit: Tensor) -> tuple[float, float]:
    """Student's t interval for the mean over episodes, from credit ``(E, Q)``, within 0 to 1.

    Questions of one episode share their examples, so the episode is what was drawn independently.
    """
    per_episode = credit.double().mean(dim=1).tolist()
    mean, low, high = mean_and_interval(per_episode)
    if low == high and mean in (0.0, 1.0):
        # All right or all wrong: no spread to go by, but still only so many questions.
        return wilson_interval(mean, credit.numel())
    return max(0.0, low), min(1.0, high)


def scores_by_group(credit: Tensor, group: Tensor, names: tuple[str, ...]) -> dict[str, GroupScore]:
    """Mean credit for each group; ``group`` ``(E, Q)`` numbers that of each right answer."""
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
