"""What an exam is made of: train and test, questions and answers."""

from __future__ import annotations

import torch

from siamese_lib.data import LabelledImages
from siamese_lib.diagnostics.report import Report
from siamese_lib.sampling import Episodes

# In a thousand drawings two may be alike, pixel by pixel; more copies are no accident.
MANY_COPIES = 0.01


def look_at_split(report: Report, data: LabelledImages, train: LabelledImages | None) -> None:
    """Copies within the data, and what it shares with the training data."""
    report.looks("copies in the data")
    pictures = _pictures(data)
    n = len(data)
    copies = n - len(set(pictures))
    if copies > MANY_COPIES * n:
        report.add(
            "copies-in-the-data",
            "error",
            "The same picture is there more than once: it can be question and example.",
            f"{copies} of {n} pictures are copies of another",
            "keep one of each before drawing questions",
        )
    if train is None:
        return
    report.looks("what train and test share")
    known = set(_pictures(train)) if train.images.shape[1:] == data.images.shape[1:] else set()
    shared = sum(picture in known for picture in pictures)
    if shared > MANY_COPIES * n:
        report.add(
            "shared-pictures",
            "error",
            "Pictures of the test were in training.",
            f"{shared} of {n} pictures, compared pixel by pixel",
            "split before anything is copied or augmented",
        )
    names = _names(data, "labels", "class_names") & _names(train, "labels", "class_names")
    if names:
        report.add(
            "shared-classes",
            "error",
            "Train and test share classes: the score says nothing about new ones.",
            f"{len(names)} of {len(data.classes)} classes of the test, such as {min(names)}",
            "split_by_group, or split_by_class where there is one group; assert_disjoint",
        )
    groups = _names(data, "groups", "group_names") & _names(train, "groups", "group_names")
    several = len(data.group_names) > 1 and len(train.group_names) > 1
    if groups and several:
        report.add(
            "shared-groups",
            "warning",
            "Train and test share groups: their classes resemble each other.",
            f"{len(groups)} groups, such as {min(groups)}",
            "split_by_group, where new groups are what the model is for",
        )


def look_at_episodes(report: Report, episodes: Episodes) -> None:
    """Where the right answer stands, and whether a question is among its examples."""
    report.looks("where the right answer stands")
    support, query, query_labels = episodes
    n_way = support.shape[1]
    often = torch.bincount(query_labels.flatten(), minlength=n_way).max().item()
    share = often / query_labels.numel()
    # Five standard errors beyond what an even choice gives.
    expected = 1 / n_way
    error = (expected * (1 - expected) / query_labels.numel()) ** 0.5
    if n_way > 1 and share > expected + 5 * error:
        place = int(torch.bincount(query_labels.flatten(), minlength=n_way).argmax())
        report.add(
            "answer-at-one-place",
            "error",
            "The right answer stands at one place too often: a scorer without knowledge gains by "
            "it.",
            f"at index {place} in {share:.0%} of {query_labels.numel()} questions, evenly would be "
            f"{expected:.0%}",
            "draw the place at random: EpisodeSampler does",
        )
    report.looks("questions among their examples")
    among = (query[:, :, None] == support.flatten(1)[:, None, :]).any(2)
    if among.any():
        report.add(
            "query-in-support",
            "error",
            "A question is among its own examples, as the same picture.",
            f"{int(among.sum())} of {among.numel()} questions",
            "draw query and support without replacement: EpisodeSampler does",
        )


def _pictures(data: LabelledImages) -> list[bytes]:
    return [picture.tobytes() for picture in data.images.cpu().flatten(1).numpy()]


def _names(data: LabelledImages, numbers: str, names: str) -> set[str]:
    every = getattr(data, names)
    return {every[number] for number in getattr(data, numbers).unique().tolist()}
