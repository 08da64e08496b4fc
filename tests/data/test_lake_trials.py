import os
import zipfile
from pathlib import Path

import pytest
import torch
from small_archives import drawing

from siamese_lib.data import BrokenArchiveError, lake_trials, load_characters
from siamese_lib.data.lake_trials import trials_from

WAYS = range(1, 21)


def write_runs(path, leave_out=(), labels=None):
    """20 runs; the drawing of class c in run r has its own seed; items are numbered backwards."""
    with zipfile.ZipFile(path, "w") as archive:
        for run in range(1, 21):
            folder = f"run{run:02d}"
            lines = "".join(
                f"{folder}/test/item{21 - way:02d}.png {folder}/training/class{way:02d}.png\n"
                for way in WAYS
            )
            members = {f"{folder}/class_labels.txt": labels or lines}
            for way in WAYS:
                picture = drawing(100 * run + way)
                members[f"{folder}/training/class{way:02d}.png"] = picture
                members[f"{folder}/test/item{21 - way:02d}.png"] = picture
            for name, content in members.items():
                if name not in leave_out:
                    archive.writestr(name, content)
    return path


@pytest.fixture
def root(small_omniglot):
    write_runs(small_omniglot / "omniglot-py" / "all_runs.zip")
    return small_omniglot


def test_answer_points_at_the_same_character(root):
    trials = lake_trials(size=28, source="omniglot", root=root)
    assert trials.support.shape == trials.query.shape == (20, 20, 1, 28, 28)
    assert trials.support.dtype == torch.uint8 and trials.query_labels.dtype == torch.int64
    runs = torch.arange(20)[:, None]
    assert torch.equal(trials.support[runs, trials.query_labels], trials.query)
    assert trials.query_labels[0].tolist() == list(range(19, -1, -1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"leave_out": ["run07/class_labels.txt"]}, "lacks run07/class_labels.txt"),
        ({"leave_out": ["run07/test/item03.png"]}, "lacks run07/test/item03.png"),
        ({"labels": "run01/test/item01.png run01/training/class01.png\n"}, "pair 20 with 20"),
        ({"labels": "run01/test/item01.png nonsense\n"}, "'nonsense'"),
        ({"labels": b"\xff\xfe"}, r"damaged file \(run01/class_labels.txt"),
    ],
)
def test_broken_runs_are_named(root, arguments, message):
    write_runs(root / "omniglot-py" / "all_runs.zip", **arguments)
    with pytest.raises(BrokenArchiveError, match=message):
        lake_trials(size=20, source="omniglot", root=root)


def test_glyph_trials_are_within_one_alphabet_and_by_two_hands():
    data = load_characters("glyphs", "evaluation")
    trials = lake_trials(source="glyphs")
    assert torch.equal(trials.query, trials_from(data, seed=20).query), "the same every time"
    find = {image.numpy().tobytes(): index for index, image in enumerate(data.images)}
    for run in range(20):
        support = torch.tensor([find[i.numpy().tobytes()] for i in trials.support[run]])
        query = torch.tensor([find[i.numpy().tobytes()] for i in trials.query[run]])
        assert torch.equal(data.labels[support][trials.query_labels[run]], data.labels[query])
        assert len(data.labels[support].unique()) == 20
        assert len(data.groups[support].unique()) == 1
        (hand,), (other,) = data.makers[support].unique(), data.makers[query].unique()
        assert hand != other
    assert not trials.official and not trials.to("cpu").official, "in their form, no more"
    assert trials.query_labels.float().std() > 5, "answers are shuffled, not always the same place"


def test_too_few_large_alphabets(small_omniglot):
    with pytest.raises(ValueError, match="0 alphabets of 20 characters"):
        trials_from(load_characters("omniglot", root=small_omniglot), seed=0)


REAL = Path(os.environ.get("SIAMESE_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.skipif(not (REAL / "omniglot-py").is_dir(), reason="needs the real Omniglot")
def test_the_real_thing():
    background = load_characters("omniglot", root=REAL)
    evaluation = load_characters("omniglot", "evaluation", root=REAL)
    assert (len(background.classes), len(evaluation.classes)) == (964, 659)
    assert len(load_characters("omniglot", "small2", root=REAL).groups.unique()) == 5
    trials = lake_trials(size=105, source="omniglot", root=REAL)
    assert trials.official and trials.to("cpu").official
    # The official drawings are drawings of Omniglot: each must be found there.
    full = load_characters("omniglot", "evaluation", size=105, root=REAL)
    known = {image.numpy().tobytes() for image in full.images}
    for image in torch.cat([trials.support[0], trials.query[0]]):
        assert image.numpy().tobytes() in known
    assert all(answers.sort().values.tolist() == list(range(20)) for answers in trials.query_labels)
