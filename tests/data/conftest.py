import pytest
from small_archives import N_CHARACTERS, write_archive

from siamese_lib.data import omniglot


@pytest.fixture
def small_omniglot(tmp_path, monkeypatch):
    """A data root with both archives, three characters each; the counts are set to match.

    Whatever a test does to them, no note says that they are not the published ones:
    ``test_unpublished_archives.py`` is about that.
    """
    monkeypatch.setattr(omniglot, "check_integrity", lambda path, md5: True)
    for split in ("background", "evaluation"):
        monkeypatch.setitem(omniglot.N_CHARACTERS, split, N_CHARACTERS)
    folder = tmp_path / "data" / "omniglot-py"
    folder.mkdir(parents=True)
    for split in ("background", "evaluation"):
        write_archive(folder / f"images_{split}.zip", split)
    return folder.parent
