"""Labelled images: one structure, several ways in; and photographs that are read when needed."""

from siamese_lib.data.characters import SOURCES, load_characters, resolve_source
from siamese_lib.data.download import NotAvailableError, data_folder
from siamese_lib.data.faces import make_faces
from siamese_lib.data.folder import UnreadableImageError, load_folder
from siamese_lib.data.glyphs import make_glyphs
from siamese_lib.data.grocery import load_grocery
from siamese_lib.data.labelled_images import (
    LabelledImages,
    LeakageError,
    as_floats,
    assert_disjoint,
    join,
)
from siamese_lib.data.lake_trials import LakeTrials, lake_trials
from siamese_lib.data.omniglot import BrokenArchiveError
from siamese_lib.data.other_pens import with_other_pens
from siamese_lib.data.packed_cache import cache_folder
from siamese_lib.data.people_split import PeopleSplit, split_people
from siamese_lib.data.photographs import Photographs, load_photographs, readable, resized_centre
from siamese_lib.data.signatures import SignatureSet

__all__ = [
    "SOURCES",
    "BrokenArchiveError",
    "LabelledImages",
    "LakeTrials",
    "LeakageError",
    "NotAvailableError",
    "PeopleSplit",
    "Photographs",
    "SignatureSet",
    "UnreadableImageError",
    "as_floats",
    "assert_disjoint",
    "cache_folder",
    "data_folder",
    "join",
    "lake_trials",
    "load_characters",
    "load_folder",
    "load_grocery",
    "load_photographs",
    "make_faces",
    "make_glyphs",
    "readable",
    "resized_centre",
    "resolve_source",
    "split_people",
    "with_other_pens",
]
