"""Why are the official trials easier than episodes drawn from the same alphabets?

    SIAMESE_DATA=../shared/data python benchmarks/official_trials.py

Writes pages/results/official_trials.json, which chapter 8 and the results page show; about a
minute. The stored network answers the 400 trials, and then runs of the same form of which one thing
after the other is drawn at random: the characters, the hands, the alphabets. Each kind of run is
drawn 400 times for each alphabet. Intervals take alphabets as what would be new next time.
"""

from collections import Counter

import torch
from torch import Tensor

from siamese_lib.data import LabelledImages, LakeTrials, lake_trials, load_characters
from siamese_lib.embedding import embed_all
from siamese_lib.evaluation import alphabets_of, evaluate_lake
from siamese_lib.metrics import mean_and_interval, paired_difference
from siamese_lib.pages.results import store_result
from siamese_lib.recipes import pretrained, weights_fingerprint

WAYS = 20
RUNS = 400  # of each kind, for each alphabet
SEED = 0


def drawings(data: LabelledImages) -> Tensor:
    """int64 ``(classes, makers)``: where in the set each character by each hand is; -1 if not."""
    table = torch.full((len(data.class_names), len(data.maker_names)), -1)
    table[data.labels, data.makers] = torch.arange(len(data))
    return table


def find(images: Tensor, group: int, data: LabelledImages) -> tuple[Tensor, int]:
    """The characters ``(20,)`` and the one hand of 20 drawings ``(20, C, H, W)`` of a run."""
    rows = (data.groups == group).nonzero().squeeze(1).tolist()
    places: dict[bytes, list[int]] = {}
    for row in rows:
        places.setdefault(data.images[row].numpy().tobytes(), []).append(row)
    found = [places[image.numpy().tobytes()] for image in images]
    makers = Counter(maker for rows in found for maker in {int(data.makers[row]) for row in rows})
    hand, n = makers.most_common(1)[0]
    assert n == len(images), "each run has one hand"
    rows = [next(row for row in rows if int(data.makers[row]) == hand) for rows in found]
    return data.labels[rows], hand


def accuracies(z: Tensor, support: Tensor, query: Tensor) -> Tensor:
    """The share of each run that is named rightly, ``(R,)``, from rows of ``z`` ``(R, 20)``."""
    distance = torch.cdist(z[query], z[support])
    nearest = distance.argmin(dim=2)
    return (nearest == torch.arange(WAYS)).double().mean(dim=1)


class Runs:
    """Draws runs of one alphabet, with what is given held fixed."""

    def __init__(self, data: LabelledImages, z: Tensor, seed: int) -> None:
        self.data, self.z, self.table = data, z, drawings(data)
        self.generator = torch.Generator().manual_seed(seed)

    def score(
        self,
        group: int,
        official: list[tuple[Tensor, int, int]] | None = None,
        characters: bool = False,
        hands: bool = False,
        mixed: bool = False,
        n: int = RUNS,
    ) -> Tensor:
        """Shares ``(n,)`` of runs of an alphabet.

        Args:
            group: the alphabet.
            official: characters, hand of the examples and hand of the questions of its runs.
            characters: take those of the official runs, in turn.
            hands: take those of the official runs, in turn.
            mixed: each character has two hands of its own, not one pair of hands for the run.
            n: how many.
        """
        classes = self.data.labels[self.data.groups == group].unique()
        support, query = [], []
        for number in range(n):
            given = official[number % len(official)] if official else None
            order = torch.randperm(len(classes), generator=self.generator)[:WAYS]
            ways = given[0] if given and characters else classes[order]
            n_hands = self.table.shape[1]
            if given and hands:
                pair = torch.tensor(given[1:]).expand(WAYS, 2)
            else:
                pair = torch.rand(WAYS, n_hands, generator=self.generator).argsort(1)[:, :2]
                pair = pair if mixed else pair[:1].expand(WAYS, 2)
            support.append(self.table[ways, pair[:, 0]])
            query.append(self.table[ways, pair[:, 1]])
        rows = torch.stack(support), torch.stack(query)
        assert min(int(part.min()) for part in rows) >= 0
        return accuracies(self.z, *rows)


def main() -> None:
    torch.set_num_threads(1)
    data = load_characters("omniglot", "evaluation")
    trials: LakeTrials = lake_trials(source="omniglot")
    network = pretrained("omniglot")
    runs = Runs(data, embed_all(network, data), SEED)
    names = alphabets_of(trials, data)
    groups = [data.group_names.index(name) for name in names]
    official: dict[int, list] = {}
    for run, group in enumerate(groups):
        ways, first = find(trials.support[run], group, data)
        asked, second = find(trials.query[run], group, data)
        assert torch.equal(ways[trials.query_labels[run]], asked) and first != second
        official.setdefault(group, []).append((ways, first, second))
    credit = evaluate_lake(network, trials).credit.double().mean(dim=1)
    scores: dict[str, dict[int, float]] = {
        "official": {
            g: credit[[i for i, group in enumerate(groups) if group == g]].mean().item()
            for g in official
        }
    }
    kinds = {
        "other hands": {"characters": True},
        "other characters": {"hands": True},
        "other characters and hands": {},
        "hands mixed": {"mixed": True},
    }
    samples = {}
    for kind, fixed in kinds.items():
        drawn = {g: runs.score(g, official[g], **fixed) for g in official}
        scores[kind] = {g: shares.mean().item() for g, shares in drawn.items()}
        samples[kind] = torch.stack([*drawn.values()])  # (10, RUNS)
        print(kind, sum(scores[kind].values()) / len(official), flush=True)
    # Exams of the official size: two runs of each of the ten alphabets.
    exams = samples["other characters and hands"].unflatten(1, (-1, 2)).mean(dim=(0, 2))
    every = [g for g in range(len(data.group_names)) if (data.groups == g).any()]
    large = [g for g in every if len(data.labels[data.groups == g].unique()) >= WAYS]
    for kind, fixed in (("all alphabets", {}), ("all alphabets, hands mixed", {"mixed": True})):
        scores[kind] = {g: runs.score(g, **fixed).mean().item() for g in large}
    rows = []
    for kind, by_group in scores.items():
        mean, low, high = mean_and_interval([*by_group.values()])
        row = {"kind": kind, "alphabets": len(by_group), "accuracy": mean, "low": low, "high": high}
        if kind != "official" and set(by_group) == set(official):
            first = [scores["official"][g] for g in by_group]
            gain, from_, to = paired_difference(first, [*by_group.values()])
            row |= {"official_minus": gain, "minus_low": from_, "minus_high": to}
        rows.append(
            {key: round(v, 5) if isinstance(v, float) else v for key, v in row.items()}
            | {"by_alphabet": {data.group_names[g]: round(v, 4) for g, v in by_group.items()}}
        )
        print({key: value for key, value in rows[-1].items() if key != "by_alphabet"}, flush=True)
    _, low, high = mean_and_interval(credit.tolist())
    store_result(
        "official_trials",
        "python benchmarks/official_trials.py",
        "Omniglot's evaluation alphabets, the stored network (full, seed 0), 20-way one-shot "
        f"within one alphabet. {RUNS} runs of each kind for each alphabet with 20 or more "
        "characters; in a run one hand draws the examples and another the questions, "
        "unless hands are mixed. "
        "Intervals: Student's t over alphabets; differences are paired by alphabet.",
        rows,
        exams=[round(value, 4) for value in exams.sort().values.tolist()],
        over_runs={"low": round(low, 5), "high": round(high, 5)},
        network=weights_fingerprint(),
    )


if __name__ == "__main__":
    main()
