"""Made-up faces: people who do not exist, photographed on several days.

No download, no consent to ask for, and nothing proved about real faces. Each fact of a face and of
a photograph is known, so that one of them can be changed while all others stay.
"""

from siamese_lib.data.faces.catalogue import FacePhotographs, make_faces, photographs_of
from siamese_lib.data.faces.held_up import hold_up
from siamese_lib.data.faces.people import TONES, People, look_alikes, meet_people
from siamese_lib.data.faces.portrait import photograph
from siamese_lib.data.faces.shots import Shots, plan_shots

__all__ = [
    "TONES",
    "FacePhotographs",
    "People",
    "Shots",
    "hold_up",
    "look_alikes",
    "make_faces",
    "meet_people",
    "photograph",
    "photographs_of",
    "plan_shots",
]
