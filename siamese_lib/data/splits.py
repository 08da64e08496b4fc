"""Names of the splits of the character data sets, and the small subsets of the background."""

from __future__ import annotations

from siamese_lib.data.labelled_images import LabelledImages

# The two reduced background sets of five alphabets each (Lake et al. 2019, "minimal"), as places
# among the background's alphabets: Balinese, Early Aramaic, Greek, Korean, Latin; and Greek,
# Katakana, Latin, Sanskrit, Tagalog.
SMALL_SETS = {"small1": (5, 11, 14, 20, 21), "small2": (14, 19, 21, 26, 28)}
SPLITS = ("background", "evaluation", *SMALL_SETS)


def stored_split(split: str) -> str:
    """Return the split that is stored on disk; a small set is part of the background."""
    return "background" if split in SMALL_SETS else split


def cut_small_set(data: LabelledImages, split: str, source: str) -> LabelledImages:
    """Return the five alphabets of a small set, or ``data`` unchanged for any other split."""
    if split not in SMALL_SETS:
        return data
    chosen = [data.group_names[number] for number in SMALL_SETS[split]]
    return data.in_groups(chosen, name=f"{source} {split}")
