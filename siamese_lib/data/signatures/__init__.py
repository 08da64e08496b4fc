"""Signatures: genuine ones, and forgeries of them; made up, or read from a folder.

A signature is a practised movement. ``make_signatures`` makes up people, lets them sign, and lets
others imitate them; ``make_movements`` gives the pen movements behind the same pictures.
"""

from siamese_lib.data.signatures.folders import load_cedar
from siamese_lib.data.signatures.made_up import make_movements, make_signatures
from siamese_lib.data.signatures.movements import Movements
from siamese_lib.data.signatures.questions import (
    GENUINE,
    KINDS,
    RANDOM,
    SKILLED,
    Questions,
    ask,
)
from siamese_lib.data.signatures.scans import BlankImageError, cut_out
from siamese_lib.data.signatures.signature_set import SignatureSet, TooFewSignersError

__all__ = [
    "GENUINE",
    "KINDS",
    "RANDOM",
    "SKILLED",
    "BlankImageError",
    "Movements",
    "Questions",
    "SignatureSet",
    "TooFewSignersError",
    "ask",
    "cut_out",
    "load_cedar",
    "make_movements",
    "make_signatures",
]
