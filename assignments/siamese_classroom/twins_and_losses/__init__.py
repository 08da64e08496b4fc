"""Assignment 1: a distance that is safe at zero, twins, two losses, and a gradient by hand.

What is right is computed in NumPy, one formula at a time; the tests hold it against PyTorch.
"""

from siamese_classroom.twins_and_losses.contrastive_gradient import CONTRASTIVE_GRADIENT
from siamese_classroom.twins_and_losses.contrastive_loss import CONTRASTIVE_LOSS
from siamese_classroom.twins_and_losses.distance import DISTANCE
from siamese_classroom.twins_and_losses.triplet_loss import TRIPLET_LOSS
from siamese_classroom.twins_and_losses.twins import TWINS

QUESTIONS = (DISTANCE, TWINS, CONTRASTIVE_LOSS, CONTRASTIVE_GRADIENT, TRIPLET_LOSS)
