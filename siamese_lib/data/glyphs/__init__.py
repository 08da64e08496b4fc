"""Glyphs: procedural handwriting, made up in the spirit of Lake's generative model.

No download, no licence question, endless classes. ``load_glyphs`` returns a fixed set with the
structure of Omniglot; ``make_glyphs`` makes new alphabets.
"""

from siamese_lib.data.glyphs.catalogue import load_glyphs, make_glyphs

__all__ = ["load_glyphs", "make_glyphs"]
