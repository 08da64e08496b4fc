"""The answers in tests/classroom/answers: which there are, and which of them are right."""

import importlib
import inspect
import re

# A right answer to these trains a network: they are asked once.
SLOW = {"build_door"}


def file_of(question):
    """contrastive_loss for contrastive_loss, and office_door for OfficeDoor."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", question).lower()


def answers_to(question):
    module = importlib.import_module(f"answers.{file_of(question)}")
    return {
        name: member
        for name, member in vars(module).items()
        if not name.startswith("_")
        and getattr(member, "__module__", None) == module.__name__
        and inspect.isroutine(member) | inspect.isclass(member)
    }


def is_right(name):
    return name.lower().startswith("right")
