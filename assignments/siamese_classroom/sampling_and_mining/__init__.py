"""Assignment 2: what meets in training and in a test, and which triplets are worth it."""

from siamese_classroom.sampling_and_mining.batch_hard import BATCH_HARD
from siamese_classroom.sampling_and_mining.sample_batch import SAMPLE_BATCH
from siamese_classroom.sampling_and_mining.sample_episode import SAMPLE_EPISODE
from siamese_classroom.sampling_and_mining.semi_hard import SEMI_HARD
from siamese_classroom.sampling_and_mining.split_by_alphabet import SPLIT_BY_ALPHABET

QUESTIONS = (SAMPLE_BATCH, SAMPLE_EPISODE, SPLIT_BY_ALPHABET, BATCH_HARD, SEMI_HARD)
