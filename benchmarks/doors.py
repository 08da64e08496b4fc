"""How many strangers get in at a door, by how many people its threshold was found on.

    python benchmarks/doors.py --doors 300

Needs real Omniglot in ``$SIAMESE_DATA``. A person is a character of the evaluation alphabets, which
the stored network has never seen. Each door is of ten people with one picture each; its threshold
is calibrated on other people for a false-accept rate of 1 %, with and without a confidence, and all
pictures of everybody else come as strangers. Written to
``siamese_lib/pages/results/doors.json``; chapter 9 shows it.
"""

import argparse
import logging
import statistics

import torch

from siamese_lib.data import load_characters
from siamese_lib.embedding import embed_all
from siamese_lib.metrics import wilson_interval
from siamese_lib.pages.results import store_result
from siamese_lib.recipes import pretrained, weights_fingerprint
from siamese_lib.recognition import calibrated
from siamese_lib.sampling import Buckets

TARGET, N_ENROLLED = 0.01, 10
N_PEOPLE = (20, 40, 100, 200)
CONFIDENCES = (None, 0.9, 0.95)
PROTOCOL = (
    "People are the 659 characters of Omniglot's evaluation alphabets, 20 drawings each, embedded "
    "by the stored network (background alphabets only). Each door: people drawn at random to "
    f"calibrate on, {N_ENROLLED} others enrolled with one drawing each, a wanted false-accept rate "
    "of 1 %, 50 rehearsals; strangers are all drawings of everybody else, employees' visits all "
    "their other drawings. Seeds 0 to the number of doors; Wilson's interval over doors."
)


def one_door(
    z: torch.Tensor, labels: torch.Tensor, n_people: int, seed: int
) -> list[tuple[float, float]]:
    """For each confidence: the share of strangers let in, and of employees named."""
    generator = torch.Generator().manual_seed(seed)
    people = Buckets(labels)
    order = torch.randperm(len(people), generator=generator)
    others, staff = order[:n_people], order[n_people : n_people + N_ENROLLED]
    rehearsal = people.draw(others, 20, generator).flatten()
    pictures = people.draw(staff, 20, generator)
    outside = people.draw(order[n_people + N_ENROLLED :], 20, generator).flatten()
    enrolled, visits = z[pictures[:, 0]], z[pictures[:, 1:]]  # (10, D), (10, 19, D)
    stranger = torch.cdist(z[outside], enrolled).min(dim=1).values
    known, nearest = torch.cdist(visits, enrolled).min(dim=2)
    right = nearest == torch.arange(N_ENROLLED)[:, None]
    rates = []
    for confidence in CONFIDENCES:
        threshold = calibrated(
            z[rehearsal], labels[rehearsal], TARGET, N_ENROLLED, 50, seed, confidence
        ).threshold
        named = right & (known <= threshold)
        rates.append(((stranger <= threshold).double().mean().item(), named.double().mean().item()))
    return rates


def summary(n_people: int, confidence: float | None, doors: list[tuple[float, float]]) -> dict:
    far = [rate for rate, _ in doors]
    over = {
        f"above_{100 * limit:.0f}_percent": sum(rate > limit for rate in far) / len(far)
        for limit in (0.01, 0.02)
    }
    low, high = wilson_interval(over["above_2_percent"], len(far))
    return {
        "n_people": n_people,
        "confidence": confidence,
        "mean_far": statistics.fmean(far),
        **over,
        "above_2_percent_from": low,
        "above_2_percent_to": high,
        "named": statistics.fmean(named for _, named in doors),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--doors", type=int, default=300, help="for each number of people")
    options = parser.parse_args()
    logging.getLogger("siamese_lib").setLevel(logging.WARNING)  # it tells every door the same
    data = load_characters("omniglot", split="evaluation")
    z, labels = embed_all(pretrained("omniglot"), data), data.labels
    rows = []
    for n_people in N_PEOPLE:
        doors = [one_door(z, labels, n_people, seed) for seed in range(options.doors)]
        for number, confidence in enumerate(CONFIDENCES):
            rows.append(summary(n_people, confidence, [door[number] for door in doors]))
            print(rows[-1], flush=True)
    command = f"python benchmarks/doors.py --doors {options.doors}"
    about = {"doors": options.doors, "network": weights_fingerprint()}
    store_result("doors", command, PROTOCOL, rows, **about)


if __name__ == "__main__":
    main()
