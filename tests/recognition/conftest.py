"""Every test here runs with doors that keep people in memory, and again with doors over Milvus."""

import itertools

import pytest

from siamese_lib.recognition import MilvusGallery, has_milvus, recognizer

WITHOUT_DOORS = ("test_shared_gallery", "test_strange_galleries", "test_made_here")


def pytest_generate_tests(metafunc):
    if metafunc.module.__name__ not in WITHOUT_DOORS and has_milvus():
        where = getattr(metafunc.function, "door_over", ["memory", "milvus"])
        metafunc.parametrize("door_over", where, indirect=True)


@pytest.fixture(autouse=True)
def door_over(request, monkeypatch, tmp_path_factory):
    """Where doors keep their people when a test does not say so."""
    if getattr(request, "param", "memory") == "milvus":
        folder, number = tmp_path_factory.mktemp("milvus"), itertools.count()
        monkeypatch.setattr(
            recognizer, "Gallery", lambda: MilvusGallery(folder / f"{next(number)}.db")
        )
