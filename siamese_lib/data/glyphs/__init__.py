"""Glyphs: procedural handwriting, made up in the spirit of Lake's generative model.

No network, no licence question, endless classes. ``load_glyphs`` returns a fixed set with the
structure of Omniglot; ``GlyphStream`` makes new characters for ever, on the training device.
"""

from siamese_lib.data.glyphs.catalogue import load_glyphs, make_glyphs
from siamese_lib.data.glyphs.stream import GlyphStream

__all__ = ["GlyphStream", "load_glyphs", "make_glyphs"]
