"""Assignment 4: the office door, from training to strangers."""

from siamese_classroom.office_door.build_door import BUILD_DOOR
from siamese_classroom.office_door.choose_threshold import CHOOSE_THRESHOLD
from siamese_classroom.office_door.door import DOOR

QUESTIONS = (DOOR, CHOOSE_THRESHOLD, BUILD_DOOR)
