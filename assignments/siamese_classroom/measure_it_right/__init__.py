"""Assignment 3: measure a network without fooling yourself."""

from siamese_classroom.measure_it_right.credit import CREDIT
from siamese_classroom.measure_it_right.evaluate import EVALUATE
from siamese_classroom.measure_it_right.n_way_accuracy import N_WAY_ACCURACY
from siamese_classroom.measure_it_right.paired_difference import PAIRED_DIFFERENCE
from siamese_classroom.measure_it_right.planted_script import FIND_MISTAKES
from siamese_classroom.measure_it_right.wilson_interval import WILSON_INTERVAL

QUESTIONS = (CREDIT, WILSON_INTERVAL, N_WAY_ACCURACY, FIND_MISTAKES, EVALUATE, PAIRED_DIFFERENCE)

__all__ = ["QUESTIONS"]
