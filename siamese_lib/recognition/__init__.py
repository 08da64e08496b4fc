"""Recognise people (or anything with a name) from one picture each, and refuse strangers."""

from siamese_lib.recognition.door_calibration import DoorCalibration, calibrated
from siamese_lib.recognition.gallery import GalleryError
from siamese_lib.recognition.recognizer import Identification, OneShotRecognizer
from siamese_lib.recognition.rehearsal import Visits, visits

__all__ = [
    "DoorCalibration",
    "GalleryError",
    "Identification",
    "OneShotRecognizer",
    "Visits",
    "calibrated",
    "visits",
]
