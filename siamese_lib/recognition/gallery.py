"""The people who are enrolled: names and embeddings, in an order that does not depend on when."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from siamese_lib.distances import pair_distances
from siamese_lib.stored_tensors import StoredFileError

# How many times farther out than the middle one a picture must be for exact distances.
FAR_OUT = 100.0
# Numbers in one picture of a door, C * H * W: grey 1,000 x 1,000, or RGB 577 x 577.
MAX_VALUES = 1_000_000
# Characters of a name.
LONGEST_NAME = 200


class GalleryError(StoredFileError):
    """A saved gallery cannot be written, cannot be read, or belongs to other weights."""


class MadeWith(NamedTuple):
    """What the embeddings of a gallery have in common.

    Attributes:
        image_shape: ``(C, H, W)`` of the pictures.
        probe: ``(2, D)``, embeddings of two made-up pictures; another network gives others.
    """

    image_shape: tuple[int, ...]
    probe: Tensor


class PeopleGallery(Protocol):
    """What a door asks of a gallery: ``Gallery`` in memory, ``MilvusGallery`` in a database.

    A change returns the gallery to go on with: another one, where a gallery is a snapshot.
    """

    @property
    def made_with(self) -> MadeWith | None:
        """None while nobody is enrolled."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The people, sorted."""
        ...

    def known(self, names: Iterable[str]) -> set[str]:
        """Those of the names that are enrolled."""
        ...

    def with_people(
        self, people: Mapping[str, Tensor], made_with: MadeWith | None = None
    ) -> PeopleGallery:
        """With more people: embeddings ``(n, D)`` of each, or others of some."""
        ...

    def without(self, name: str) -> PeopleGallery:
        """Without a person and without their embeddings."""
        ...

    def nearest_people(self, embeddings: Tensor) -> tuple[Tensor, list[str]]:
        """Of each embedding ``(B, D)``: distance to the nearest picture, and whose it is."""
        ...

    def snapshot(self) -> Gallery:
        """The gallery as it is now, in memory."""
        ...


@dataclass(frozen=True, eq=False)
class Gallery:
    """An unchanging snapshot: changing it makes a new one, so that readers need no lock.

    Attributes:
        people: embeddings ``(n, D)`` of each person, by name.
        image_shape: ``(C, H, W)`` of the pictures, None while nobody is enrolled.
        probe: ``(2, D)``, embeddings of two made-up pictures by the network that the first person
            was enrolled with; another network gives others.
    """

    people: dict[str, Tensor] = field(default_factory=dict)
    image_shape: tuple[int, ...] | None = None
    probe: Tensor | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The people, sorted.

        Sorting makes answers independent of the order of enrolment, also where two people are
        equally near.
        """
        return tuple(sorted(self.people))

    @cached_property
    def embeddings(self) -> Tensor:
        """``(M, D)``, all pictures, person by person."""
        parts = [self.people[name] for name in self.names]
        return torch.cat(parts) if parts else torch.zeros(0, 0)

    @cached_property
    def owner(self) -> Tensor:
        """int64 ``(M,)``, which person each picture shows: an index into ``names``."""
        counts = torch.tensor([len(self.people[name]) for name in self.names], dtype=torch.int64)
        return torch.arange(len(counts)).repeat_interleave(counts)

    @property
    def made_with(self) -> MadeWith | None:
        """Size of the pictures and the probe; None while nobody is enrolled."""
        if self.image_shape is None or self.probe is None:
            return None
        return MadeWith(self.image_shape, self.probe)

    def known(self, names: Iterable[str]) -> set[str]:
        """Those of the names that are enrolled."""
        return {name for name in names if name in self.people}

    def with_people(
        self, people: Mapping[str, Tensor], made_with: MadeWith | None = None
    ) -> Gallery:
        """The gallery with more people (or with other pictures of some).

        The first people decide what a gallery is made with.
        """
        begun = Gallery({}, *made_with) if made_with and not self.people else self
        return replace(begun, people={**self.people, **people})

    def without(self, name: str) -> Gallery:
        """The gallery without a person and without their embeddings."""
        left = {other: z for other, z in self.people.items() if other != name}
        return replace(self, people=left) if left else Gallery()

    def nearest(self, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """Of each embedding ``(B, D)``: distance to the nearest picture, and whose it is."""
        middle, far_out = self._middle
        # cdist finds the nearest by a matrix product, which is fast and rounds like the largest
        # square; where one picture is far from all others, that would swallow their distances.
        mode = "donot_use_mm_for_euclid_dist" if far_out else "use_mm_for_euclid_dist"
        centred = self.embeddings - middle
        picture = torch.cdist(embeddings - middle, centred, compute_mode=mode).argmin(dim=1)
        # The distance that meets the threshold is computed without the matrix product.
        return pair_distances(embeddings, self.embeddings[picture]), self.owner[picture]

    def nearest_people(self, embeddings: Tensor) -> tuple[Tensor, list[str]]:
        """As ``nearest``, by name."""
        distance, owner = self.nearest(embeddings)
        return distance, [self.names[number] for number in owner.tolist()]

    def snapshot(self) -> Gallery:
        """Itself: it cannot be changed."""
        return self

    @cached_property
    def _middle(self) -> tuple[Tensor, bool]:
        """The median of the pictures, ``(D,)``, and whether one of them is far from all others."""
        middle = self.embeddings.median(dim=0).values
        lengths = (self.embeddings - middle).norm(dim=1)
        return middle, bool(lengths.max() > FAR_OUT * lengths.median())


def checked_image_shape(
    shape: object, where: str, max_values: int = MAX_VALUES
) -> tuple[int, int, int]:
    """The size of a gallery's pictures as a stranger's file or database declares it, checked.

    The network embeds two pictures of this size before anybody is let in.

    Args:
        shape: What should be ``[C, H, W]``.
        where: What declares it, for the message.
        max_values: Largest C * H * W.

    Raises:
        GalleryError: If it is not three whole numbers of 1 or more, or more than ``max_values``
            numbers.
    """
    if not (
        isinstance(shape, (list, tuple))
        and len(shape) == 3
        and all(type(side) is int and side >= 1 for side in shape)
    ):
        raise GalleryError(
            f"{where} is damaged: image_shape must be three whole numbers of 1 or more (C, H, W), "
            f"got {str(shape)[:100]}"
        )
    channels, height, width = shape
    n_values = channels * height * width
    if n_values > max_values:
        raise GalleryError(
            f"{where} declares pictures of {channels:,} x {height:,} x {width:,} = {n_values:,} "
            f"numbers, more than max_values={max_values:,}: pass a larger max_values if you trust "
            "it, or enrol smaller pictures"
        )
    return channels, height, width


def clean_name(name: str) -> str:
    """A name in Unicode's composed form (NFC), so that two spellings of "é" are one name.

    Blanks around it are taken away.

    Raises:
        TypeError: not a string.
        ValueError: If the name is empty, is longer than 200 characters, or holds a half of a
            surrogate pair, which no file can hold.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a str, got {type(name).__name__}")
    if not name.strip():
        raise ValueError(f"name must not be empty, got {name!r}")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"name must have {LONGEST_NAME:,} characters or fewer, got {len(name):,}")
    try:
        name.encode("utf8")
    except UnicodeEncodeError as error:
        raise ValueError(f"name {name!r} is not valid Unicode text: {error.reason}") from error
    return unicodedata.normalize("NFC", name).strip()
