from dataclasses import replace

import numpy as np
import pytest
import torch

from siamese_lib.data import (
    LabelledImages,
    LeakageError,
    as_floats,
    assert_disjoint,
    join,
    make_glyphs,
)


def make(n_classes=4, per_class=3, name="toy", prefix=""):
    """Classes 0, 1 in group 0 and the others in group 1, one image per maker and class."""
    labels = torch.arange(n_classes).repeat_interleave(per_class)
    images = torch.arange(n_classes * per_class, dtype=torch.uint8)[:, None, None, None]
    return LabelledImages(
        images=images.expand(-1, 1, 5, 6).contiguous(),
        labels=labels,
        groups=(labels >= 2).long(),
        makers=torch.arange(per_class).repeat(n_classes),
        class_names=[f"{prefix}class {c}" for c in range(n_classes)],
        group_names=[f"{prefix}Greek", f"{prefix}Latin"],
        maker_names=[f"drawer {m}" for m in range(per_class)],
        name=name,
    )


def test_repr_says_what_it_is():
    text = repr(make())
    for part in ("toy", "12 images", "5 x 6", "4 classes", "2 groups", "3 makers", "cpu"):
        assert part in text


def test_batch_is_float_in_unit_range_and_keeps_the_shape_of_the_indices():
    data = make()
    batch = data.batch(torch.tensor([[0, 11], [3, 4]]))
    assert batch.shape == (2, 2, 1, 5, 6) and batch.dtype == torch.float32
    assert batch[0, 1].eq(11 / 255).all()
    assert torch.equal(data.batch(), as_floats(data.images))


def test_select_by_mask_and_by_indices_agree_and_keep_the_names():
    data = make()
    by_mask = data.select(data.labels == 2)
    by_index = data.select([6, 7, 8])
    assert torch.equal(by_mask.images, by_index.images)
    assert by_mask.class_names == data.class_names
    assert by_mask.describe(0) == "class 2, drawer 0"


def test_in_groups_keeps_those_groups():
    kept = make().in_groups("Latin")
    assert kept.groups.tolist() == [1] * 6 and kept.classes.tolist() == [2, 3]


def test_unknown_group_names_the_nearest():
    with pytest.raises(ValueError, match=r"no group 'Grek'.*'Greek'"):
        make().in_groups(["Grek"])


@pytest.mark.parametrize("which", [torch.zeros(12, dtype=torch.bool), []])
def test_empty_selection_raises(which):
    with pytest.raises(ValueError, match="holds no image"):
        make().select(which)


def test_mask_of_another_length_raises():
    with pytest.raises(ValueError, match=r"\(12,\)"):
        make().select(torch.ones(5, dtype=torch.bool))


def test_split_by_group_shares_nothing_and_loses_nothing():
    data = make()
    kept, held_out = data.split_by_group(1, generator=3)
    assert len(kept) + len(held_out) == len(data)
    assert_disjoint(kept, held_out, groups=True)
    again = data.split_by_group(1, generator=3)[1]
    assert torch.equal(again.images, held_out.images)
    assert data.split_by_group(["Greek"])[1].groups.unique().tolist() == [0]


@pytest.mark.parametrize("held_out", [0, 2, -1])
def test_split_that_leaves_a_side_empty_raises(held_out):
    with pytest.raises(ValueError, match=r"hold out 1 to 1"):
        make().split_by_group(held_out)
    with pytest.raises(ValueError, match="holds no image"):
        make().split_by_group(["Greek", "Latin"])


def test_disjoint_compares_names_and_not_numbers():
    assert_disjoint(make(), make(prefix="other "), groups=True)
    with pytest.raises(LeakageError, match=r"share 4 class name\(s\): class 0"):
        assert_disjoint(make(), make())


def test_names_that_are_written_in_two_ways_are_one():
    """macOS takes the letter and its accent apart, so one folder may have two names."""
    composed, apart = make(prefix="Zo\u00eb "), make(prefix="Zoe\u0308 ")
    assert composed.class_names != apart.class_names
    with pytest.raises(LeakageError, match="share 4 class"):
        assert_disjoint(composed, apart)


def test_shared_group_is_found_only_on_request():
    data = make()
    first, second = data.select(data.labels == 0), data.select(data.labels == 1)
    assert_disjoint(first, second)
    with pytest.raises(LeakageError, match=r"1 group name\(s\): Greek"):
        assert_disjoint(first, second, groups=True)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("images", torch.zeros(12, 1, 5, 6), "uint8"),
        ("images", torch.zeros(12, 5, 6, dtype=torch.uint8), r"\(N, C, H, W\)"),
        ("labels", torch.zeros(12, 1, dtype=torch.int64), r"labels must be int64 of shape \(12,\)"),
        ("labels", torch.zeros(12, dtype=torch.int32), "labels must be int64"),
        ("makers", torch.full((12,), 3), "makers run from 3 to 3, but maker_names holds 3"),
        ("groups", torch.full((12,), -1), "groups run from -1"),
        ("class_names", ["a"] * 4, "unique"),
    ],
)
def test_wrong_fields_are_named(field, value, message):
    good = make()
    fields = {name: getattr(good, name) for name in LabelledImages.__dataclass_fields__}
    with pytest.raises(ValueError, match=message):
        LabelledImages(**{**fields, field: value})


def test_no_image_at_all_raises():
    good = make()
    fields = {name: getattr(good, name) for name in LabelledImages.__dataclass_fields__}
    none = {name: fields[name][:0] for name in ("images", "labels", "groups", "makers")}
    with pytest.raises(ValueError, match="there is no image"):
        LabelledImages(**{**fields, **none})


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_to_moves_every_tensor():
    moved = make().to("cuda")
    tensors = (moved.images, moved.labels, moved.groups, moved.makers)
    assert {tensor.device.type for tensor in tensors} == {"cuda"}
    assert moved.batch(torch.tensor([0])).device.type == "cuda"
    assert len(moved.in_groups("Latin")) == 6


def test_joined_sets_keep_their_classes_apart():
    one, other = make(n_classes=3, prefix="a "), make(n_classes=5, per_class=2, prefix="b ")
    whole = join([one, other], "both")
    assert len(whole) == len(one) + len(other) and len(whole.classes) == 8
    for row in range(len(one)):
        assert whole.describe(row) == one.describe(row)
    for row in range(len(other)):
        assert whole.describe(len(one) + row) == other.describe(row)
        group = whole.group_names[whole.groups[len(one) + row]]
        assert group == other.group_names[other.groups[row]]
    assert torch.equal(whole.images[len(one) :], other.images)


def test_what_cannot_be_joined():
    with pytest.raises(ValueError, match="unique"):
        join([make(), make()], "twice the same classes")
    with pytest.raises(ValueError, match="no set"):
        join([], "nothing")
    small = make(prefix="b ")
    small = LabelledImages(**{**vars(small), "images": small.images[..., :4]})
    with pytest.raises(ValueError, match="one shape"):
        join([make(), small], "two sizes")


def test_a_name_of_the_whole_set_that_a_part_lacks():
    """A part keeps the whole list of names; asking for one that is not in it is an error."""
    whole = make_glyphs([3, 3, 3], size=12, seed=0, n_drawers=2)
    one, two, _ = whole.group_names
    part = whole.in_groups([two])
    for ask in (lambda: part.in_groups([one, two]), lambda: part.split_by_group([one])):
        with pytest.raises(ValueError, match="There are 1"):
            ask()


def test_groups_of_two_sets_may_share_a_name():
    """As those of two folders do: both are "all"."""
    first, second = (make_glyphs([3], size=12, seed=seed, n_drawers=2) for seed in (0, 1))
    names = {"class_names": ("x", "y", "z"), "group_names": first.group_names}
    both = join([first, replace(second, **names)], "both")
    assert len(both.in_groups(first.group_names)) == len(both) == 12


def test_floats_are_not_changed_in_place():
    images = torch.full((1, 1, 2, 2), 255.0)
    assert as_floats(images).max() == 1 and images.max() == 255


def test_numpy_integers_are_counts_and_seeds():
    data = make_glyphs([3, 3], size=12, seed=0, n_drawers=2)
    ours, theirs = (
        data.split_by_group(count(1), generator=count(7))[0].labels for count in (int, np.int64)
    )
    assert torch.equal(ours, theirs)


def test_names_are_no_labels():
    good = make()
    fields = {name: getattr(good, name) for name in LabelledImages.__dataclass_fields__}
    with pytest.raises(TypeError, match=r"labels must be an int64 tensor .*, got \['apple'"):
        LabelledImages(**{**fields, "labels": ["apple"] * 12})
