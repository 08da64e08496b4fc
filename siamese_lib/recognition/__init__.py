"""Recognise people (or anything with a name) from one picture each, and refuse strangers."""

from siamese_lib.recognition.calibrating import visits
from siamese_lib.recognition.gallery import GalleryError
from siamese_lib.recognition.recognizer import Identification, OneShotRecognizer

__all__ = ["GalleryError", "Identification", "OneShotRecognizer", "visits"]
