"""The fixed Glyphs data set, with the structure of Omniglot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from siamese_lib.data import rendering
from siamese_lib.data.glyphs.alphabets import Characters, design_alphabets, design_characters
from siamese_lib.data.glyphs.drawers import Drawers, draw, meet_drawers
from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.data.packed_cache import Arrays, packed, source_fingerprint
from siamese_lib.data.splits import cut_small_set, stored_split

SEED = 1623
DRAWERS = 20

# Characters per alphabet: those of Omniglot's alphabets in their order, so that counts, splits
# and the sizes of the alphabets are the same on both.
SIZES = {
    "background": (
        *(20, 29, 26, 41, 40, 24, 46, 14, 26, 34, 33, 22, 26, 43, 24),
        *(48, 22, 16, 52, 47, 40, 26, 40, 41, 33, 14, 42, 23, 17, 55),
    ),
    "evaluation": (
        *(20, 26, 26, 26, 26, 26, 45, 45, 41, 26),
        *(47, 40, 30, 45, 46, 28, 23, 25, 42, 26),
    ),
}
FIRST_SYLLABLES = ("Bel", "Dor", "Fen", "Gal", "Hiv", "Jun", "Kas", "Lum", "Mor", "Nef")
LAST_SYLLABLES = ("ari", "eth", "ine", "oka", "uru")


def load_glyphs(split: str = "background", size: int = 28) -> LabelledImages:
    """The fixed Glyphs set: the same structure and fields as Omniglot, the same every time.

    Args:
        split: ``"background"`` (30 alphabets, 964 characters), ``"evaluation"`` (20 alphabets,
            659 characters), ``"small1"`` or ``"small2"`` (five alphabets of the background).
        size: side of the square images in pixels.

    Returns:
        20 drawings of each character, ink 255 on paper 0, on the CPU.
    """
    stored = stored_split(split)
    arrays = packed(
        f"glyphs-{stored}-{size}px",
        {
            "code": source_fingerprint(Path(__file__).parent, Path(rendering.__file__)),
            "size": size,
            "split": stored,
        },
        lambda: _make_split(stored, size),
    )
    first = 0 if stored == "background" else len(SIZES["background"])
    names = [alphabet_name(first + number) for number in range(len(SIZES[stored]))]
    images = torch.from_numpy(arrays["images"])
    data = _labelled(images, SIZES[stored], names, f"Glyphs {stored}")
    return cut_small_set(data, split, "Glyphs")


def make_glyphs(
    sizes: Sequence[int],
    size: int = 28,
    seed: int = 0,
    n_drawers: int = DRAWERS,
    device: torch.device | str = "cpu",
) -> LabelledImages:
    """Make a Glyphs set of your own.

    Args:
        sizes: characters in each alphabet, one number per alphabet.
        size: side of the square images in pixels.
        seed: the same seed gives the same set. The alphabets are made one by one, so the first
            five of ten are the same as five made alone.
        n_drawers: drawers, and so drawings per character.
        device: where the images are made and stay.

    Returns:
        ``sum(sizes) * n_drawers`` images.

    Raises:
        ValueError: no alphabet, or a number below 1.
    """
    if not sizes or min(sizes) < 1 or n_drawers < 1:
        raise ValueError(
            f"sizes (one number per alphabet) and n_drawers must be 1 or more, got {list(sizes)} "
            f"and {n_drawers}"
        )
    images = [
        _draw_alphabet(seed, number, n, size, n_drawers, device) for number, n in enumerate(sizes)
    ]
    names = [f"Alphabet {number:02d}" for number in range(1, len(sizes) + 1)]
    return _labelled(torch.cat(images), sizes, names, f"Glyphs (seed {seed})", n_drawers)


def alphabet_name(number: int) -> str:
    """A made-up name for alphabet 0 to 49 of the fixed set, each once, in alphabetical order."""
    first, last = divmod(number, len(LAST_SYLLABLES))
    return FIRST_SYLLABLES[first] + LAST_SYLLABLES[last]


def _make_split(split: str, size: int) -> Arrays:
    first = 0 if split == "background" else len(SIZES["background"])
    images = [
        _draw_alphabet(SEED, first + number, n, size) for number, n in enumerate(SIZES[split])
    ]
    return {"images": torch.cat(images).numpy()}


def _draw_alphabet(
    seed: int,
    number: int,
    n_characters: int,
    size: int,
    n_drawers: int = DRAWERS,
    device: torch.device | str = "cpu",
) -> Tensor:
    """uint8 ``(n_characters * n_drawers, 1, size, size)``, character by character."""
    generator = torch.Generator(device=device).manual_seed(seed * 10_007 + number)
    alphabet = design_alphabets(1, generator)
    characters = design_characters(alphabet, n_characters, generator)
    drawers = meet_drawers(n_drawers, generator)
    which = torch.arange(n_characters, device=device).repeat_interleave(n_drawers)
    who = torch.arange(n_drawers, device=device).repeat(n_characters)
    return draw(
        Characters(*(field[which] for field in characters)),
        Drawers(*(field[who] for field in drawers)),
        size,
        generator,
    )


def _labelled(
    images: Tensor,
    sizes: Sequence[int],
    alphabet_names: Sequence[str],
    name: str,
    n_drawers: int = DRAWERS,
) -> LabelledImages:
    counts = torch.tensor(sizes)
    labels = torch.arange(int(counts.sum())).repeat_interleave(n_drawers)
    group_of_class = torch.arange(len(counts)).repeat_interleave(counts)
    return LabelledImages(
        images=images,
        labels=labels.to(images.device),
        groups=group_of_class[labels].to(images.device),
        makers=torch.arange(n_drawers).repeat(int(counts.sum())).to(images.device),
        class_names=tuple(
            f"{alphabet}/character{number:02d}"
            for alphabet, n in zip(alphabet_names, sizes, strict=True)
            for number in range(1, n + 1)
        ),
        group_names=tuple(alphabet_names),
        maker_names=tuple(f"drawer {number:02d}" for number in range(1, n_drawers + 1)),
        name=name,
    )
