"""The recipes. Each is data: to try another one, copy it and change a number.

What each choice was made on is said in ``chosen_on``. Choices are made on held-out *background*
alphabets; no recipe was ever compared with another on an evaluation alphabet or official trial.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace


@dataclass(frozen=True)
class Recipe:
    """All that a training run depends on, besides the seed.

    Attributes:
        name: what it is called.
        about: what it is for, in words.
        chosen_on: how its settings were chosen.
        split: the real alphabets to train on: ``"background"``, ``"small1"``, ``"small2"``; or
            ``None`` for a recipe that never sees a real image.
        glyph_alphabets: made-up alphabets of 32 characters to train on as well.
        symmetries: classes made of one: 1, 4 (quarter turns) or 8 (with mirror images).
        backbone: name of a backbone in ``siamese_lib.models``.
        backbone_arguments: what it is made with.
        temperature: of ``SupConLoss``.
        steps: batches.
        batch_size: images in a batch.
        m: images of each class in a batch.
        lr: highest learning rate of AdamW, on one cycle.
        weight_decay: of AdamW.
        clip: largest norm of the gradient.
        precision: ``"float32"`` or ``"bfloat16"``.
        augment: amounts of ``RandomAffine``.
    """

    name: str
    about: str
    chosen_on: str
    split: str | None = "background"
    glyph_alphabets: int = 0
    symmetries: int = 8
    backbone: str = "sharp"
    backbone_arguments: dict = field(default_factory=dict)
    temperature: float = 0.04
    steps: int = 2000
    batch_size: int = 128
    m: int = 4
    lr: float = 6e-3
    weight_decay: float = 1e-4
    clip: float = 1.0
    precision: str = "bfloat16"
    augment: dict = field(default_factory=dict)

    def but(self, **changes: object) -> Recipe:
        """A copy with some changes."""
        return replace(self, **changes)

    def as_dict(self) -> dict:
        """Plain JSON values, as they are stored beside weights."""
        return asdict(self)


HELD_OUT = (
    "5 of the 30 background alphabets (split_by_group(5, generator=0)), trained on the other 25: "
    "20-way one-shot, unstructured and within alphabet, one seed. What was tried is in "
    "siamese_lib/results/choices.json."
)

_ALL = (
    Recipe(
        name="quick",
        about="A minute on two CPU cores.",
        chosen_on=HELD_OUT,
        # As many steps as fit into 60 s on two cores.
        steps=1600,
    ),
    Recipe(
        name="full",
        about="A quarter of an hour on two CPU cores.",
        chosen_on=HELD_OUT,
        backbone_arguments={"width": 40},
        steps=9000,
    ),
    Recipe(
        name="gpu",
        about="Five minutes on a GPU.",
        chosen_on="Scaled up from full; it has not been run, for want of a GPU.",
        glyph_alphabets=100,
        backbone_arguments={"width": 96, "dropout": 0.2},
        steps=20_000,
        batch_size=512,
    ),
    Recipe(
        name="zero-real",
        about="Trained on made-up alphabets alone: it never sees a real image.",
        chosen_on=HELD_OUT,
        split=None,
        glyph_alphabets=100,
        steps=8000,
    ),
    Recipe(
        name="minimal",
        about="Five real alphabets (small1; or --split small2), as a person might know.",
        chosen_on=HELD_OUT,
        split="small1",
        glyph_alphabets=30,
        steps=4000,
    ),
)
RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}


def recipe_named(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ValueError: there is none; those that there are are named.
    """
    if name not in RECIPES:
        raise ValueError(f"there is no recipe {name!r}; there are: {', '.join(RECIPES)}")
    return RECIPES[name]
