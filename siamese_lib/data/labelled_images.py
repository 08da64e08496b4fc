"""The data structure for labelled images that all modules use."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from numbers import Integral

import torch
from torch import Tensor

from siamese_lib.checks import shortened
from siamese_lib.devices import usable_device
from siamese_lib.randomness import as_generator

NUMBERS_AND_NAMES = {
    "labels": "class_names",
    "groups": "group_names",
    "makers": "maker_names",
}


class LeakageError(ValueError):
    """Raised when two sets that must be disjoint share a class or a group."""


def as_floats(images: Tensor) -> Tensor:
    """Convert uint8 images of any shape, 0 to 255, to float32 in [0, 1] on the same device."""
    return images.to(torch.float32, copy=True).div_(255)


@dataclass(frozen=True, eq=False, repr=False)
class LabelledImages:
    """Images with their classes, groups and makers, stored as tensors.

    For characters, a class is a character, a group is its alphabet, and a maker is the drawer. A
    subset keeps the numbering and the names of its original set, so ``class_names[labels[i]]`` is
    always the class of image i.

    Attributes:
        images: Images, uint8 of shape ``(N, C, H, W)``, 0 to 255. Ink (or foreground) has high
            values.
        labels: Class of each image, an index into ``class_names``, int64 of shape ``(N,)``.
        groups: Group of each image, an index into ``group_names``, int64 of shape ``(N,)``.
        makers: Maker of each image, an index into ``maker_names``, int64 of shape ``(N,)``. In
            Omniglot and Glyphs, each alphabet has its own twenty drawers: drawer 7 of Greek and
            drawer 7 of Latin need not be the same person.
        class_names: One unique name for each class.
        group_names: One name for each group.
        maker_names: One name for each maker.
        name: Name of the data set in messages and figures.

    Raises:
        ValueError: If a tensor has an unexpected data type, shape or device, if there is no image,
            if an index has no name, or if class names are not unique.
        TypeError: If ``labels``, ``groups`` or ``makers`` is not a tensor.
    """

    images: Tensor
    labels: Tensor
    groups: Tensor
    makers: Tensor
    class_names: tuple[str, ...]
    group_names: tuple[str, ...]
    maker_names: tuple[str, ...]
    name: str = "images"

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.dtype != torch.uint8:
            raise ValueError(
                "images must be uint8 of shape (N, C, H, W), got "
                f"{self.images.dtype} {tuple(self.images.shape)}"
            )
        if len(self.images) == 0:
            raise ValueError(f"{self.name}: there is no image in it")
        for numbers_field, names_field in NUMBERS_AND_NAMES.items():
            # Lists of names are allowed; a frozen dataclass is set up this way.
            object.__setattr__(self, names_field, tuple(getattr(self, names_field)))
            self._check_numbers(numbers_field, names_field)
        if len(set(self.class_names)) != len(self.class_names):
            raise ValueError("class_names must be unique: classes are told apart by their names")

    def _check_numbers(self, field: str, names_field: str) -> None:
        numbers, names = getattr(self, field), getattr(self, names_field)
        if not isinstance(numbers, Tensor):
            raise TypeError(
                f"{field} must be an int64 tensor of indices into {names_field}, got "
                f"{shortened(numbers)}"
            )
        if numbers.dtype != torch.int64 or numbers.shape != (len(self.images),):
            raise ValueError(
                f"{field} must be int64 of shape ({len(self.images)},), one for each image, got "
                f"{numbers.dtype} {tuple(numbers.shape)}"
            )
        if numbers.device != self.images.device:
            raise ValueError(f"{field} are on {numbers.device}, images on {self.images.device}")
        low, high = int(numbers.min()), int(numbers.max())
        if low < 0 or high >= len(names):
            raise ValueError(
                f"{field} run from {low} to {high}, but {names_field} holds {len(names)} names"
            )

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        channels, height, width = self.images.shape[1:]
        shape = f"{height} x {width}" + ("" if channels == 1 else f" x {channels}")
        return (
            f"{self.name}: {len(self):,} images of {shape}\n"
            f"  {len(self.classes):,} classes in {len(self.groups.unique()):,} groups, "
            f"{len(self.makers.unique()):,} makers; on {self.device}, "
            f"{self.images.numel() / 1e6:.1f} MB"
        )

    @property
    def device(self) -> torch.device:
        """Device of the tensors."""
        return self.images.device

    @property
    def classes(self) -> Tensor:
        """Classes that occur in this set, in ascending order, int64 ``(n_classes,)``."""
        return self.labels.unique()

    def describe(self, index: int) -> str:
        """Return the class and the maker of image ``index`` as text."""
        label, maker = int(self.labels[index]), int(self.makers[index])
        return f"{self.class_names[label]}, {self.maker_names[maker]}"

    def to(self, device: torch.device | str) -> LabelledImages:
        """Return the same set with all tensors on ``device``.

        Raises:
            ValueError: If the device is not available on this machine.
        """
        device = usable_device(device)
        return replace(
            self,
            images=self.images.to(device),
            labels=self.labels.to(device),
            groups=self.groups.to(device),
            makers=self.makers.to(device),
        )

    def batch(self, indices: Tensor | Sequence[int] | slice = slice(None)) -> Tensor:
        """Return images as floats on the device of the set, ready for a network.

        Args:
            indices: Indices of the images, of any shape ``(...)``. Default: all images.

        Returns:
            Images of shape ``(..., C, H, W)``, float32 in [0, 1].
        """
        if isinstance(indices, Tensor):
            indices = indices.to(self.device)
        return as_floats(self.images[indices])

    def select(self, which: Tensor | Sequence[int], name: str | None = None) -> LabelledImages:
        """Return a subset of the images.

        Args:
            which: Bool mask of shape ``(N,)``, or int64 indices of shape ``(M,)`` in the desired
                order.
            name: Name of the subset. Default: the name of this set.

        Raises:
            ValueError: If the mask does not have shape ``(N,)``, or if nothing is selected.
        """
        which = chosen_rows(torch.as_tensor(which, device=self.device), len(self), self.name)
        return replace(
            self,
            images=self.images[which],
            labels=self.labels[which],
            groups=self.groups[which],
            makers=self.makers[which],
            name=name or self.name,
        )

    def in_groups(self, names: Iterable[str], name: str | None = None) -> LabelledImages:
        """Return the images of the groups (alphabets) with the given names.

        Args:
            names: Names of groups, or one name.
            name: Name of the subset. Default: the name of this set.

        Raises:
            ValueError: If a name is not a group of this set. The message lists similar names.
        """
        names = [names] if isinstance(names, str) else list(names)
        wanted = [number for group in names for number in self._numbers_of("group", group)]
        mask = torch.isin(self.groups, torch.tensor(wanted, device=self.device))
        return self.select(mask, name)

    def split_by_group(
        self,
        held_out: int | Iterable[str],
        generator: torch.Generator | int | None = None,
    ) -> tuple[LabelledImages, LabelledImages]:
        """Split into two sets that share no group.

        Args:
            held_out: Number of groups to hold out, drawn at random, or the names of these groups.
            generator: A ``torch.Generator`` or a seed for the random choice.

        Returns:
            The set without the held-out groups, and the set of the held-out groups.

        Raises:
            ValueError: If one of the two sets would be empty, or if a name is unknown.
        """
        return self._split_by("group", self.groups, held_out, generator)

    def split_by_class(
        self,
        held_out: int | Iterable[str],
        generator: torch.Generator | int | None = None,
    ) -> tuple[LabelledImages, LabelledImages]:
        """Split into two sets that share no class, for example by people if each class is a person.

        The arguments, results and errors are those of ``split_by_group``, with classes instead of
        groups.
        """
        return self._split_by("class", self.labels, held_out, generator)

    def _split_by(
        self,
        kind: str,
        numbers: Tensor,
        held_out: int | Iterable[str],
        generator: torch.Generator | int | None,
    ) -> tuple[LabelledImages, LabelledImages]:
        present = numbers.unique().cpu()
        if isinstance(held_out, int | Integral):  # NumPy's integers as well
            n_held_out = int(held_out)
            if not 0 < n_held_out < len(present):
                if len(present) < 2:
                    raise ValueError(f"{self.name} has one {kind}: there is nothing to split")
                raise ValueError(
                    f"held_out={n_held_out}, but {self.name} has {len(present)} {kind}(s): hold "
                    f"out 1 to {len(present) - 1}, or one of the two sets is empty"
                )
            order = torch.randperm(len(present), generator=as_generator(generator))
            chosen = present[order[:n_held_out]]
        else:
            names = [held_out] if isinstance(held_out, str) else list(held_out)
            chosen = torch.tensor([n for name in names for n in self._numbers_of(kind, name)])
        mask = torch.isin(numbers, chosen.to(self.device))
        return (
            self.select(~mask, f"{self.name} (kept)"),
            self.select(mask, f"{self.name} (held out)"),
        )

    def _numbers_of(self, kind: str, name: str) -> list[int]:
        """Return the groups or classes with that name; groups of joined sets may share a name."""
        names = self.group_names if kind == "group" else self.class_names
        numbers = (self.groups if kind == "group" else self.labels).unique().tolist()
        found = [number for number in numbers if names[number] == name]
        if found:
            return found
        present = [names[number] for number in numbers]
        near = difflib.get_close_matches(name, present, n=3, cutoff=0.4) or present[:3]
        raise ValueError(
            f"{self.name} has no {kind} {name!r}; did you mean {', '.join(map(repr, near))}? "
            f"There are {len(present)}."
        )


def join(sets: Sequence[LabelledImages], name: str) -> LabelledImages:
    """Join several sets into one; their classes, groups and makers stay separate.

    Subsets of one set (with the same lists of names) keep their common numbering.

    Args:
        sets: Data sets with images of the same size, on one device, that share no class name.
        name: Name of the joined set.

    Raises:
        ValueError: If ``sets`` is empty, if image shapes differ, or if a class name occurs twice.
    """
    if not sets:
        raise ValueError("there is no set to join")
    shapes = {tuple(part.images.shape[1:]) for part in sets}
    if len(shapes) > 1:
        raise ValueError(f"sets must have images of one shape, got {sorted(shapes)}")

    lists = {(part.class_names, part.group_names, part.maker_names) for part in sets}
    of_one_set = len(lists) == 1
    if of_one_set and sum(len(part.classes) for part in sets) > len(
        torch.cat([part.labels for part in sets]).unique()
    ):
        raise ValueError("class_names must be unique: a class occurs in two of the sets")

    def shifted(numbers: str, names: str) -> Tensor:
        parts, before = [], 0
        for part in sets:
            parts.append(getattr(part, numbers) + before)
            before += 0 if of_one_set else len(getattr(part, names))
        return torch.cat(parts)

    def together(names: str) -> tuple[str, ...]:
        parts = sets[:1] if of_one_set else sets
        return tuple(each for part in parts for each in getattr(part, names))

    return LabelledImages(
        images=torch.cat([part.images for part in sets]),
        labels=shifted("labels", "class_names"),
        groups=shifted("groups", "group_names"),
        makers=shifted("makers", "maker_names"),
        class_names=together("class_names"),
        group_names=together("group_names"),
        maker_names=together("maker_names"),
        name=name,
    )


def assert_disjoint(train: LabelledImages, test: LabelledImages, *, groups: bool = False) -> None:
    """Raise an error if two sets share a class or, if requested, a group.

    Classes and groups are compared by name, not by number.

    Args:
        train: Training set.
        test: Test set.
        groups: If True, compare the groups (alphabets) as well.

    Raises:
        LeakageError: If the sets share a name. The message lists the shared names.
    """
    kinds = [("class", "labels", "class_names")]
    if groups:
        kinds.append(("group", "groups", "group_names"))
    for kind, numbers, names in kinds:
        shared = sorted(_present(train, numbers, names) & _present(test, numbers, names))
        if shared:
            listed = ", ".join(shared[:5]) + (", ..." if len(shared) > 5 else "")
            raise LeakageError(
                f"{train.name!r} and {test.name!r} share {len(shared)} {kind} name(s): {listed}. "
                "A score on a class seen in training says nothing about new classes: split with "
                "split_by_group, or with split_by_class where there is one group."
            )


def _present(data: LabelledImages, numbers: str, names: str) -> set[str]:
    every_name = getattr(data, names)
    used = (every_name[number] for number in getattr(data, numbers).unique().tolist())
    # One name may be written in two ways: macOS takes letters and their accents apart.
    return {unicodedata.normalize("NFC", name) for name in used}


def chosen_rows(which: Tensor, n: int, name: str, what: str = "image") -> Tensor:
    """Return the rows that a mask of shape ``(n,)`` or a tensor of indices chooses, as indices.

    Raises:
        ValueError: If nothing is chosen, or if the mask does not have shape ``(n,)``.
    """
    if which.numel() == 0 or (which.dtype == torch.bool and not which.any()):
        raise ValueError(f"{name}: the selection holds no {what}")
    if which.dtype != torch.bool:
        return which
    if which.shape != (n,):
        raise ValueError(f"the mask must have shape ({n},), got {tuple(which.shape)}")
    return which.nonzero().squeeze(1)
