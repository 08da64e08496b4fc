"""What is graded and not shown: a few properties more for each question.

They are on different inputs or about another way of use than the visible ones. Together with the
visible ones on fresh inputs they make the points of a question's check cell.
"""

from __future__ import annotations

from collections.abc import Callable

from grading.hidden_door import DOORS
from grading.hidden_losses import LOSSES
from grading.hidden_measuring import MEASURING
from grading.hidden_sampling import SAMPLING
from siamese_classroom.question import Property

PROPERTIES: dict[str, Callable[[int], list[Property]]] = {
    **LOSSES,
    **SAMPLING,
    **MEASURING,
    **DOORS,
}
