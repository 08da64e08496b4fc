"""The people who are enrolled: names and embeddings, in an order that does not depend on when."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import torch
from torch import Tensor

from siamese_lib.distances import pair_distances
from siamese_lib.stored_tensors import StoredFileError


class GalleryError(StoredFileError):
    """A saved gallery cannot be written, cannot be read, or belongs to other weights."""


@dataclass(frozen=True, eq=False)
class Gallery:
    """An unchanging snapshot: changing it makes a new one, so that readers need no lock.

    Attributes:
        names: the people, sorted. Sorting makes answers independent of the order of enrolment,
            also where two people are equally near.
        embeddings: ``(M, D)``, all their pictures, person by person.
        owner: int64 ``(M,)``, which person each picture shows.
    """

    names: tuple[str, ...]
    embeddings: Tensor
    owner: Tensor

    def with_person(self, name: str, embeddings: Tensor) -> Gallery:
        """The gallery with one more person, in their place."""
        parts = self._by_name()
        parts[name] = embeddings
        return gallery_of(parts)

    def without(self, name: str) -> Gallery:
        """The gallery without a person and without their embeddings."""
        parts = self._by_name()
        del parts[name]
        return gallery_of(parts)

    def nearest(self, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """Of each embedding ``(B, D)``: distance to the nearest picture, and whose it is."""
        middle = self.embeddings.mean(dim=0)
        picture = torch.cdist(embeddings - middle, self.embeddings - middle).argmin(dim=1)
        # cdist finds the nearest by a matrix product, which is fast and rounds; the distance that
        # meets the threshold is computed without that.
        return pair_distances(embeddings, self.embeddings[picture]), self.owner[picture]

    def _by_name(self) -> dict[str, Tensor]:
        return {name: self.embeddings[self.owner == i] for i, name in enumerate(self.names)}


def empty_gallery() -> Gallery:
    """Nobody is enrolled."""
    return Gallery((), torch.zeros(0, 0), torch.zeros(0, dtype=torch.int64))


def gallery_of(parts: dict[str, Tensor]) -> Gallery:
    """A gallery of people by name, with embeddings ``(n, D)`` each."""
    if not parts:
        return empty_gallery()
    names = tuple(sorted(parts))
    counts = torch.tensor([len(parts[name]) for name in names])
    return Gallery(
        names,
        torch.cat([parts[name] for name in names]),
        torch.arange(len(names)).repeat_interleave(counts),
    )


def clean_name(name: str) -> str:
    """A name in Unicode's composed form (NFC), so that two spellings of "é" are one name.

    Blanks around it are taken away.

    Raises:
        TypeError: not a string.
        ValueError: empty, or with a half of a surrogate pair, which no file can hold.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a str, got {type(name).__name__}")
    if not name.strip():
        raise ValueError(f"name must not be empty, got {name!r}")
    try:
        name.encode("utf8")
    except UnicodeEncodeError as error:
        raise ValueError(f"name {name!r} is not valid Unicode text: {error.reason}") from error
    return unicodedata.normalize("NFC", name).strip()
