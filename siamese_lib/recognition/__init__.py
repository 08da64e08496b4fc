"""Recognise people (or anything with a name) from one picture each, and refuse strangers."""

from siamese_lib.recognition.door_calibration import DoorCalibration, calibrated
from siamese_lib.recognition.gallery import Gallery, GalleryError, MadeWith, PeopleGallery
from siamese_lib.recognition.identification import Identification
from siamese_lib.recognition.recognizer import OneShotRecognizer
from siamese_lib.recognition.rehearsal import Visits, visits
from siamese_lib.recognition.shared_gallery import (
    MilvusGallery,
    MissingMilvusError,
    has_milvus,
)

__all__ = [
    "DoorCalibration",
    "Gallery",
    "GalleryError",
    "Identification",
    "MadeWith",
    "MilvusGallery",
    "MissingMilvusError",
    "OneShotRecognizer",
    "PeopleGallery",
    "Visits",
    "calibrated",
    "has_milvus",
    "visits",
]
