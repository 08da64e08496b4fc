"""A few characters of a split of Glyphs, in any size, without drawing them all."""

from dataclasses import replace
from functools import lru_cache

import torch
import torch.nn.functional as F

from siamese_lib.data import load_characters


@lru_cache
def few_characters(split, size=28):
    """Two alphabets of a split, from the drawings of 28 px that are kept on disk."""
    data = load_characters("glyphs", split)
    data = data.select(torch.isin(data.groups, data.groups.unique()[:2]))
    if size == 28:
        return data
    larger = F.interpolate(data.images.float(), size=(size, size), mode="bilinear")
    return replace(data, images=larger.round().to(data.images.dtype))
