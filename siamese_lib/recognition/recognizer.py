"""``OneShotRecognizer``: enrol from one picture, name the visitor, or say that nobody fits."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from siamese_lib.checks import check_counts, check_embeddings, check_share
from siamese_lib.data import LabelledImages
from siamese_lib.distances import same_up_to_rounding
from siamese_lib.embedding import embed_all
from siamese_lib.files import display_path
from siamese_lib.messages import note
from siamese_lib.metrics import DistanceCalibration
from siamese_lib.recognition.door_calibration import DoorCalibration, calibrated
from siamese_lib.recognition.gallery import (
    MAX_VALUES,
    Gallery,
    GalleryError,
    MadeWith,
    PeopleGallery,
    clean_name,
)
from siamese_lib.recognition.gallery_file import probe_of, read_gallery, write_gallery
from siamese_lib.recognition.identification import Identification


def _numbers(stored: dict) -> dict:
    """The values of a stored calibration, which must be finite numbers."""
    unset = [key for key in ("confidence",) if stored.get(key) is None]
    numbers = {key: v for key, v in stored.items() if key not in unset}
    broken = [key for key, v in numbers.items() if isinstance(v, bool) or not math.isfinite(v)]
    if broken:
        raise ValueError(f"{broken[0]} is not a number")
    return stored


def _check_size(shape: tuple[int, ...], made_with: MadeWith) -> None:
    if shape != made_with.image_shape:
        raise ValueError(
            f"images are {shape}, those of the people enrolled {made_with.image_shape}"
        )


class OneShotRecognizer:
    """A door that knows people from one picture each (or more) and refuses strangers.

    The *best* match decides, and only if it is near enough. Readers (``identify``) may run in many
    threads while one changes the gallery: each sees it as it was before or after a change.

    Args:
        embed: float images ``(B, C, H, W)`` in [0, 1] to embeddings ``(B, D)``: a network or
            its method. A network is put into evaluation mode for good.
        threshold: a distance to use without calibration, if you know one.
        batch_size: images embedded at once.
        gallery: where the people are kept: by default in the memory of this door;
            ``MilvusGallery(uri)`` keeps them in a database that many doors share.

    Raises:
        ValueError: If ``threshold`` is not a finite number above 0.
    """

    def __init__(
        self,
        embed: Callable[[Tensor], Tensor],
        threshold: float | None = None,
        batch_size: int = 512,
        gallery: PeopleGallery | None = None,
    ) -> None:
        if threshold is not None:
            threshold = float(threshold)
            # Below an infinite threshold, everybody would get in.
            if not 0 < threshold < math.inf:
                raise ValueError(f"threshold must be a finite distance above 0, got {threshold!r}")
        self._embed = embed
        self._batch_size, self._fixed_threshold = batch_size, threshold
        network = getattr(self._embed, "__self__", embed)  # a method belongs to its network
        if isinstance(network, nn.Module):
            network.eval()
        self._gallery: PeopleGallery = Gallery() if gallery is None else gallery
        self._probe: Tensor | None = None  # of this door's network, once it is needed
        self._writing = threading.Lock()
        self.calibration: DoorCalibration | None = None

    def __len__(self) -> int:
        return len(self._gallery.names)

    def __contains__(self, name: str) -> bool:
        return bool(self._gallery.known([clean_name(name)]))

    def __repr__(self) -> str:
        threshold = "no threshold yet" if self.threshold is None else f"{self.threshold:.3f}"
        return f"OneShotRecognizer({len(self)} people, threshold: {threshold})"

    @property
    def names(self) -> tuple[str, ...]:
        """Who is enrolled, sorted."""
        return self._gallery.names

    @property
    def threshold(self) -> float | None:
        """The largest distance at which a visitor is let in, None before calibration."""
        return self.calibration.threshold if self.calibration else self._fixed_threshold

    def enrol(self, name: str, images: Tensor, replace: bool = False) -> None:
        """Learn a person from one picture, or from several.

        Args:
            name: any text; spellings that look the same in Unicode are one name.
            images: ``(C, H, W)`` or ``(B, C, H, W)``; float in [0, 1] or uint8, ink high. All
                pictures of a gallery have one size.
            replace: forget earlier pictures of this name; otherwise a name that is there is an
                error.

        Raises:
            ValueError: the name is taken or empty, there is no picture, or pictures of another
                size or out of range.
            TypeError: the name is not text, or the pictures are not a tensor.
        """
        name, images = clean_name(name), self._checked(images)
        self._enrol({name: images}, replace)

    def enrol_all(self, data: LabelledImages, replace: bool = False) -> None:
        """Learn every class of a set as a person, under the class's name: thousands at once.

        Nobody is enrolled when there is an error.

        Args:
            data: one picture or more of each person.
            replace: as for ``enrol``.

        Raises:
            ValueError: a name is taken, two names come to the same, or pictures of another size.
        """
        classes, counts = data.labels.unique(return_counts=True)
        names = [clean_name(data.class_names[number]) for number in classes.tolist()]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"two classes of {data.name} are both called {twice!r} as a person")
        by_class = data.images[data.labels.argsort(stable=True)].split(counts.tolist())
        self._enrol(dict(zip(names, by_class, strict=True)), replace)

    def _enrol(self, people: dict[str, Tensor], replace: bool) -> None:
        empty = [name for name, images in people.items() if len(images) == 0]
        if empty:
            raise ValueError(f"there is no picture of {empty[0]!r} to enrol")
        embeddings = self._embedded(torch.cat(list(people.values())))
        parts = embeddings.split([len(images) for images in people.values()])
        shape = tuple(next(iter(people.values())).shape[1:])
        made_with = MadeWith(shape, self._probe_for(shape))
        with self._writing:
            gallery = self._gallery
            taken = gallery.known(people)
            if taken and not replace:
                first = next(name for name in people if name in taken)
                raise ValueError(
                    f"{first!r} is already enrolled: remove() them first, or pass replace=True"
                )
            if gallery.made_with is not None:
                _check_size(shape, gallery.made_with)
            before = len(self) if self.calibration else 0
            self._gallery = gallery.with_people(dict(zip(people, parts, strict=True)), made_with)
        self._warn_of_drift(before)

    def _probe_for(self, shape: tuple[int, ...]) -> Tensor:
        made_with = self._gallery.made_with
        if self._probe is None or made_with is None:
            self._probe = probe_of(self._embed, shape)
        return self._probe

    def _check_network(self, made_with: MadeWith) -> None:
        """Another door may have filled the gallery, with another network."""
        if self._probe is None:
            self._probe = probe_of(self._embed, made_with.image_shape)
        if self._probe is not made_with.probe and not same_up_to_rounding(
            self._probe, made_with.probe
        ):
            raise GalleryError(
                "the gallery was made with other weights: its embeddings mean nothing to this "
                "network"
            )

    def __getstate__(self) -> dict:
        """What is copied or pickled: everything but the lock."""
        return {name: value for name, value in self.__dict__.items() if name != "_writing"}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._writing = threading.Lock()

    def remove(self, name: str) -> None:
        """Forget a person: the name and every embedding.

        Raises:
            KeyError: nobody of that name is enrolled.
        """
        name = clean_name(name)
        with self._writing:
            if not self._gallery.known([name]):
                raise KeyError(f"nobody called {name!r} is enrolled")
            self._gallery = self._gallery.without(name)

    def calibrate(
        self,
        target_far: float,
        data: LabelledImages,
        n_enrolled: int | None = None,
        n_rehearsals: int = 50,
        generator: torch.Generator | int | None = 0,
        confidence: float | None = None,
    ) -> DoorCalibration:
        """Find the threshold at which a share ``target_far`` of the strangers gets in.

        The door is rehearsed with the people in ``data``: some are enrolled with one picture each,
        all others come as strangers. They must be neither enrolled here nor known to the
        network: on people it was trained with, a network is better than at the door.

        Args:
            target_far: share of strangers who may get in, between 0 and 1.
            data: pictures of the people to rehearse with; two or more of each.
            n_enrolled: people to enrol in a rehearsal; by default as many as are enrolled here.
                With more of them than ``data`` has people (less one), the rate is worked out from
                single comparisons as if they were independent.
            n_rehearsals: how often.
            generator: a ``torch.Generator`` or a seed.
            confidence: between 0 and 1, for example 0.95: a stricter threshold, which other people
                to rehearse with would have allowed in so many cases, too. By default the one that
                fits these people; at the door, half of such thresholds let in more than wanted.

        Returns:
            The calibration, which is also kept, with an interval for the threshold. A note says
            when there are too few people for the rate: see ``calibrated``.

        Raises:
            ValueError: nobody is enrolled and ``n_enrolled`` is not given, a rate that is out of
                range or finer than so many visits can tell, or too few people or pictures.
        """
        target_far = float(target_far)
        check_share("target_far", target_far)
        n_enrolled = len(self) if n_enrolled is None else n_enrolled
        if n_enrolled < 1:
            raise ValueError(
                "nobody is enrolled yet, so it is not clear for how many people to calibrate: "
                "enrol first, or pass n_enrolled"
            )
        embeddings = embed_all(self._embed, data, self._batch_size).cpu()
        check_embeddings("embeddings of the calibration data", embeddings)
        self.calibration = calibrated(
            embeddings,
            data.labels.cpu(),
            target_far,
            n_enrolled,
            n_rehearsals,
            generator,
            confidence,
        )
        return self.calibration

    def identify(self, images: Tensor) -> list[Identification]:
        """Say who each visitor is, or that it is nobody enrolled.

        Args:
            images: ``(C, H, W)`` or ``(B, C, H, W)``, as for ``enrol``; B may be 0 or thousands.

        Returns:
            One identification for each image.

        Raises:
            RuntimeError: nobody is enrolled, or there is no threshold yet.
            GalleryError: other doors have filled the gallery with another network.
            ValueError: pictures of another size or out of range.
            TypeError: the pictures are not a tensor.
        """
        # Each is read once: another thread may calibrate or enrol meanwhile.
        gallery, calibration = self._gallery, self.calibration
        threshold = calibration.threshold if calibration else self._fixed_threshold
        made_with = gallery.made_with
        if made_with is None:
            raise RuntimeError("nobody is enrolled: enrol() somebody first")
        if threshold is None:
            raise RuntimeError(
                "there is no threshold yet, so everybody would get in: calibrate() first, or give "
                "a threshold to the constructor"
            )
        images = self._checked(images)
        if len(images) == 0:
            return []
        _check_size(tuple(images.shape[1:]), made_with)
        self._check_network(made_with)
        found = []
        for part in images.split(self._batch_size):
            distance, names = gallery.nearest_people(self._embedded(part))
            probability: list = [None] * len(part)
            if calibration is not None:
                probability = calibration.curve.probability(distance).tolist()
            for d, nearest, p in zip(distance.tolist(), names, probability, strict=True):
                found.append(Identification(nearest if d <= threshold else None, d, p, nearest))
        return found

    def save(self, path: str | Path) -> None:
        """Save the gallery and the calibration (not the network) to one file, whole or not at all.

        Raises:
            GalleryError: the file cannot be written; an older one stays as it was.
        """
        with self._writing:
            gallery, calibration = self._gallery.snapshot(), self.calibration
            about = {
                "fixed_threshold": self._fixed_threshold,
                "calibration": asdict(calibration) if calibration else None,
            }
            write_gallery(path, gallery, about)

    @classmethod
    def load(
        cls,
        path: str | Path,
        embed: Callable[[Tensor], Tensor],
        batch_size: int = 512,
        *,
        max_values: int = MAX_VALUES,
    ) -> OneShotRecognizer:
        """A door as it was saved.

        Args:
            path: the file.
            embed: the network whose embeddings are in the file; others are refused.
            batch_size: images embedded at once.
            max_values: Largest C * H * W of the pictures that people were enrolled with, by
                default 1 million. The file declares it, and two pictures of this size are
                embedded to compare the network.

        Raises:
            FileNotFoundError: no such file.
            GalleryError: If the file is damaged, not a gallery, of another version, made with
                other weights, or with larger pictures than ``max_values``.
            ValueError: If ``max_values`` is not an int of 1 or more.
        """
        check_counts(max_values=max_values)
        gallery, about = read_gallery(path, embed, max_values)
        try:
            door = cls(embed, about["fixed_threshold"], batch_size)
            door._gallery, door._probe = gallery, gallery.probe
            stored = about["calibration"]
            if stored is not None:
                curve = DistanceCalibration(**_numbers(stored.pop("curve")))
                door.calibration = DoorCalibration(**_numbers(stored), curve=curve)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise GalleryError(
                f"{display_path(path)} is damaged: its threshold or calibration cannot be read"
            ) from error
        return door

    def _checked(self, images: Tensor) -> Tensor:
        """Images as a batch; ``embed_all`` looks at the range of floats."""
        if not isinstance(images, Tensor):
            raise TypeError(f"images must be a tensor, got {type(images).__name__}")
        if images.ndim == 3:
            images = images[None]
        if images.ndim != 4:
            raise ValueError(
                f"images must have shape (C, H, W) or (B, C, H, W), got {tuple(images.shape)}"
            )
        if images.dtype == torch.uint8:
            return images
        if not images.is_floating_point():
            raise TypeError(f"images must be uint8, or floats in [0, 1], got {images.dtype}")
        return images.float()

    def _embedded(self, images: Tensor) -> Tensor:
        embeddings = embed_all(self._embed, images, self._batch_size).cpu()
        check_embeddings("embeddings", embeddings)
        return embeddings

    def _warn_of_drift(self, before: int) -> None:
        if self.calibration is None:
            return
        limit = 2 * self.calibration.n_enrolled
        if before <= limit < len(self):
            note(
                f"{len(self)} people are enrolled, the threshold is for "
                f"{self.calibration.n_enrolled}: more strangers get in than the "
                f"{self.calibration.target_far:.2%} that were wanted. Calibrate again."
            )
