"""The helper library of the course *Siamese Networks for One-shot Learning*.

Small on purpose: what the course teaches (data, sampling, losses, miners, training, evaluation,
recognition) is written here once, tested, and short enough to read.

Conventions that hold everywhere (see the book's notation page): ``same = 1`` means *same class*;
a *distance* is lower when closer; images are ``(B, C, H, W)`` with ink high; every random choice
comes from a ``torch.Generator`` or a seed that you pass, never from the global generators.
"""

__version__ = "0.1.0"
