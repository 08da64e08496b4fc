"""A gallery in a file, tied to the network that its embeddings come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from siamese_lib.distances import same_up_to_rounding
from siamese_lib.embedding import embed_all
from siamese_lib.files import display_path
from siamese_lib.recognition.gallery import (
    MAX_VALUES,
    Gallery,
    GalleryError,
    checked_image_shape,
    clean_name,
)
from siamese_lib.stored_tensors import read_tensors, write_tensors

KIND = "gallery"
VERSION = 3


def write_gallery(path: str | Path, gallery: Gallery, about: dict) -> None:
    """Write names, embeddings and JSON values, with the probe that tells other weights.

    Raises:
        GalleryError: the file cannot be written; an older one stays as it was.
    """
    tensors = {"embeddings": gallery.embeddings, "owner": gallery.owner}
    if gallery.probe is not None:
        tensors["probe"] = gallery.probe
    about = {
        **about,
        "kind": KIND,
        "version": VERSION,
        "names": list(gallery.names),
        "image_shape": gallery.image_shape,
    }
    write_tensors(path, tensors, about, GalleryError)


def read_gallery(
    path: str | Path, embed: Callable[[Tensor], Tensor], max_values: int = MAX_VALUES
) -> tuple[Gallery, dict]:
    """Read a gallery, and check that it belongs to this network.

    Args:
        path: The file.
        embed: The network.
        max_values: Largest C * H * W of the pictures that people were enrolled with.

    Returns:
        The gallery, and the JSON values.

    Raises:
        FileNotFoundError: no such file.
        GalleryError: If the file is damaged, not a gallery, of another version, made with other
            weights, or with larger pictures than ``max_values``.
    """
    tensors, about = read_tensors(path, "gallery", GalleryError)
    where = display_path(path)
    if about.get("kind") != KIND:
        raise GalleryError(f"{where} holds no gallery (it may be a network's weights)")
    if about.get("version") != VERSION:
        raise GalleryError(
            f"{where} has version {about.get('version')!r} of the gallery format, this library "
            f"reads version {VERSION}: update siamese_lib, or enrol anew"
        )
    try:
        if not isinstance(about["names"], list):
            raise TypeError("names must be a list")
        names, declared = tuple(about["names"]), about["image_shape"]
    except (KeyError, TypeError) as error:
        raise GalleryError(f"{where} is damaged: it does not say who is in it") from error
    if not names:
        return Gallery(), about
    shape = checked_image_shape(declared, where, max_values)
    _check_whole(where, names, tensors)
    if not _same_network(embed, shape, tensors["probe"]):
        raise GalleryError(
            f"{where} was made with other weights: its embeddings mean nothing to this network. "
            "Load the network that people were enrolled with, or enrol anew."
        )
    embeddings, owner = tensors["embeddings"], tensors["owner"]
    order, counts = owner.argsort(stable=True), owner.bincount().tolist()
    people = dict(zip(names, embeddings[order].split(counts), strict=True))
    return Gallery(people, shape, tensors["probe"]), about


def _check_whole(where: str, names: tuple[str, ...], tensors: dict[str, Tensor]) -> None:
    """Names, embeddings and owners must fit, or a visitor would get a wrong name."""
    expected = {"embeddings", "owner", "probe"}
    if not expected <= tensors.keys():
        raise GalleryError(f"{where} lacks {min(expected - tensors.keys())}")
    embeddings, owner = tensors["embeddings"], tensors["owner"]
    fits = (
        all(isinstance(name, str) for name in names)
        and [_cleaned(name) for name in names] == list(names)
        and embeddings.dtype == torch.float32
        and owner.dtype == torch.int64
        and embeddings.ndim == 2
        and tensors["probe"].shape == (2, embeddings.shape[1])
        and bool(tensors["probe"].isfinite().all())
        and owner.shape == embeddings.shape[:1]
        and torch.equal(owner.unique(), torch.arange(len(names)))
        and bool(torch.isfinite(embeddings).all())
        and list(names) == sorted(set(names))
    )
    if not fits:
        raise GalleryError(f"{where} is damaged: its names and embeddings do not fit together")


def _cleaned(name: str) -> str | None:
    try:
        return clean_name(name)
    except ValueError:
        return None


def _same_network(embed: Callable[[Tensor], Tensor], shape: tuple, stored: Tensor) -> bool:
    try:
        ours = probe_of(embed, shape)
    except (ValueError, RuntimeError):
        return False  # a network that does not even take images of this size
    return same_up_to_rounding(ours, stored)


def probe_of(embed: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> Tensor:
    """Embeddings of two made-up pictures: other weights give others."""
    pictures = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0))
    return embed_all(embed, pictures).cpu()
