"""A gallery in a vector database: many doors, more people than memory holds, nothing lost."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from siamese_lib.distances import pair_distances, same_up_to_rounding
from siamese_lib.files import parse_json
from siamese_lib.recognition.gallery import (
    MAX_VALUES,
    Gallery,
    GalleryError,
    MadeWith,
    checked_image_shape,
)
from siamese_lib.recognition.made_here import is_made_here, links_inside, mark_as_made_here

# Rows that go to the database, or come from it, in one message.
ROWS_AT_ONCE = 4096
# Pictures that the database proposes for each visitor; which of them is nearest is found here.
CANDIDATES = 16
PROBE = "probe"  # the "person" of the two rows that tell other weights


class MissingMilvusError(ImportError):
    """pymilvus is not installed."""


def has_milvus() -> bool:
    """Whether pymilvus and the embedded database, Milvus Lite, are installed here."""
    return all(importlib.util.find_spec(name) for name in ("pymilvus", "milvus_lite"))


class MilvusGallery:
    """The people who are enrolled, in a Milvus database that several doors share.

    What ``with_people`` and ``without`` have returned from is in the database, whatever happens to
    the process afterwards, and every door sees it at its next visitor. Milvus finds the nearest
    pictures; their distances are then computed here, so that answers are those of a gallery in
    memory. (Where more than 16 pictures are *exactly* equally near, any of them may be taken.)

    Removing makes a person's rows impossible to find at once. Their bytes stay in the database's
    files until it tidies up, or until ``rewrite`` is called.

    Args:
        uri: a path that ends in ``.db``: Milvus Lite, inside of this process, which no other
            process can open meanwhile. Or the address of a server, ``http://host:19530``: a Milvus
            cluster, or ``milvus-lite server --host 127.0.0.1 --data-dir folder --port 19530``.
        collection: the database's table.
        token: of a server that asks for one, ``"user:password"``.
        index_type: how the database searches: ``"FLAT"`` compares every row. Other kinds, for
            millions of rows, may miss the nearest (chapter 12).
        trusted: Open a local database that somebody else has made, or that was made on another
            computer. Milvus Lite lets such a folder delete your files, or send names and keys to
            any address, so trust it as you trust a program.
        max_values: Largest C * H * W of the pictures that people were enrolled with, by default 1
            million. The database declares it, and a door embeds two pictures of this size to
            compare the network.

    Raises:
        MissingMilvusError: pymilvus is not installed.
        GalleryError: If the database cannot be opened, or if it was made by somebody else and is
            not ``trusted``.
    """

    def __init__(
        self,
        uri: str | Path,
        collection: str = "people",
        token: str = "",
        index_type: str = "FLAT",
        *,
        trusted: bool = False,
        max_values: int = MAX_VALUES,
    ) -> None:
        self._arguments = (str(uri), collection, token, index_type)
        self._max_values = max_values
        self._collection, self._index_type = collection, index_type
        self._client = _opened(str(uri), token, trusted)
        self._finish_rewriting()

    def __reduce__(self) -> tuple:
        """A copy opens the same database."""
        return partial(type(self), max_values=self._max_values), self._arguments

    @property
    def made_with(self) -> MadeWith | None:
        """Size of the pictures and the probe; None while nobody is enrolled."""
        return self._first_probe() if self._query(f'person != "{PROBE}"', ["id"], limit=1) else None

    @property
    def names(self) -> tuple[str, ...]:
        """The people, sorted; reads them all."""
        return tuple(sorted({row["name"] for row in self._all_rows(["name"])}))

    def known(self, names: Iterable[str]) -> set[str]:
        """Those of the names that are enrolled."""
        return {row["name"] for row in self._rows_of(list(names), ["name"])}

    def with_people(
        self, people: Mapping[str, Tensor], made_with: MadeWith | None = None
    ) -> MilvusGallery:
        """Enrol people (or replace the pictures of some); all of them, or none.

        Raises:
            GalleryError: the gallery was made with other weights or pictures of another size, or
                the database refuses.
        """
        if made_with is None:
            raise ValueError("made_with must say how the embeddings were made, got None")
        with self._errors("write to"):
            self._begin(made_with)
            old = [row["id"] for row in self._rows_of(list(people), ["id"])]
            # The new first: whatever happens now, nobody is left without a picture.
            self._insert([_row(name, z) for name, each in people.items() for z in each])
            self._delete(old)
        return self

    def without(self, name: str) -> MilvusGallery:
        """Forget a person."""
        with self._errors("write to"):
            self._delete([row["id"] for row in self._rows_of([name], ["id"])])
        return self

    def nearest_people(self, embeddings: Tensor) -> tuple[Tensor, list[str]]:
        """Of each embedding ``(B, D)``: distance to the nearest picture, and whose it is."""
        with self._errors("read"):
            found = self._client.search(
                self._collection,
                embeddings.tolist(),
                filter=f'person != "{PROBE}"',
                limit=CANDIDATES,
                output_fields=["person", "name", "embedding"],
            )
        distances, names = [], []
        for visitor, hits in zip(embeddings, found, strict=True):
            if not hits:
                raise RuntimeError("nobody is enrolled any more: another door has removed them")
            entities = [self._of_a_door(hit["entity"]) for hit in hits]
            rows = torch.tensor([entity["embedding"] for entity in entities])
            distance = pair_distances(visitor.expand_as(rows), rows)
            of_hits = zip(distance.tolist(), (one["name"] for one in entities), strict=True)
            nearest, name = min(of_hits)
            distances.append(nearest)
            names.append(name)
        return torch.tensor(distances), names

    def snapshot(self) -> Gallery:
        """The gallery as it is now, in memory."""
        made_with = self.made_with
        if made_with is None:
            return Gallery()
        people: dict[str, list] = {}
        for row in sorted(self._all_rows(["id", "name", "embedding"]), key=lambda row: row["id"]):
            people.setdefault(row["name"], []).append(row["embedding"])
        tensors = {name: torch.tensor(rows) for name, rows in people.items()}
        return Gallery(tensors, *made_with)

    def rewrite(self) -> None:
        """Copy those who are enrolled, and delete the files of before with all removed rows.

        For a database in this process, or while no other door writes. If the process is killed on
        the way, the next ``MilvusGallery`` of this collection finishes or forgets the copying.
        """
        client, name = self._client, self._collection
        if not client.has_collection(name):
            return
        rows = list(self._all_rows(["person", "name", "embedding"], with_probe=True))
        self._create(len(rows[0]["embedding"]), f"{name}_copy")
        self._insert([{k: v for k, v in r.items() if k != "id"} for r in rows], f"{name}_copy")
        client.flush(f"{name}_copy")
        client.drop_collection(name)
        self._finish_rewriting()

    def close(self) -> None:
        """Let go of the database, so that another process can open it."""
        self._client.close()

    def _finish_rewriting(self) -> None:
        client, copy = self._client, f"{self._collection}_copy"
        if client.has_collection(copy):
            if client.has_collection(self._collection):
                client.drop_collection(copy)  # perhaps not complete; the old one is
            else:
                client.rename_collection(copy, self._collection)
        if client.has_collection(self._collection):
            client.load_collection(self._collection)

    def _begin(self, made_with: MadeWith) -> None:
        """Make the table, or see that it is one of this network's."""
        if self._client.has_collection(self._collection):
            there = self._first_probe()
            if there is not None and _alike(there, made_with):
                return
            if self.made_with is not None:
                raise GalleryError(
                    f"the gallery {self._arguments[0]} was made with other weights, or pictures "
                    "of another size"
                )
            self._client.drop_collection(self._collection)  # nobody is in it
        self._create(made_with.probe.shape[1], self._collection)
        about = json.dumps(list(made_with.image_shape))
        self._insert(
            [{"person": PROBE, "name": about, "embedding": z.tolist()} for z in made_with.probe]
        )

    def _create(self, width: int, name: str) -> None:
        from pymilvus import DataType

        schema = self._client.create_schema(auto_id=True, enable_dynamic_field=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("person", DataType.VARCHAR, max_length=64)
        schema.add_field("name", DataType.VARCHAR, max_length=65_535)
        schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=width)
        index = self._client.prepare_index_params()
        index.add_index("embedding", index_type=self._index_type, metric_type="L2")
        self._client.create_collection(
            name, schema=schema, index_params=index, consistency_level="Strong"
        )

    def _first_probe(self) -> MadeWith | None:
        rows = self._query(f'person == "{PROBE}"', ["id", "name", "embedding"], limit=16)
        if len(rows) < 2:
            return None
        first, second = sorted(rows, key=lambda row: row["id"])[:2]
        probe = torch.tensor([first["embedding"], second["embedding"]])
        where = f"the gallery {self._arguments[0]}"
        try:
            declared = parse_json(first["name"])
        except ValueError as error:
            raise GalleryError(f"{where} is damaged: image_shape is not JSON") from error
        return MadeWith(checked_image_shape(declared, where, self._max_values), probe)

    def _insert(self, rows: list[dict], collection: str | None = None) -> None:
        """All rows, or none."""
        collection, done = collection or self._collection, []
        try:
            for start in range(0, len(rows), ROWS_AT_ONCE):
                part = rows[start : start + ROWS_AT_ONCE]
                done += self._client.insert(collection, part)["ids"]
        except BaseException:
            self._delete(done, collection)
            raise

    def _delete(self, ids: list[int], collection: str | None = None) -> None:
        for start in range(0, len(ids), ROWS_AT_ONCE):
            part = ids[start : start + ROWS_AT_ONCE]
            self._client.delete(collection or self._collection, ids=part)

    def _rows_of(self, names: list[str], fields: list[str]) -> Iterator[dict]:
        for start in range(0, len(names), ROWS_AT_ONCE // 16):
            people = [_person(name) for name in names[start : start + ROWS_AT_ONCE // 16]]
            yield from self._query(f"person in {json.dumps(people)}", fields)

    def _query(self, condition: str, fields: list[str], **how: Any) -> list[dict]:
        if not self._client.has_collection(self._collection):
            return []
        with self._errors("read"):
            return self._client.query(self._collection, condition, output_fields=fields, **how)

    def _all_rows(self, fields: list[str], with_probe: bool = False) -> Iterator[dict]:
        if not self._client.has_collection(self._collection):
            return
        condition = "" if with_probe else f'person != "{PROBE}"'
        with self._errors("read"):
            fields = [*dict.fromkeys(["person", "name", *fields])]
            pages = self._client.query_iterator(
                self._collection, ROWS_AT_ONCE, filter=condition, output_fields=fields
            )
            while page := pages.next():
                yield from map(self._of_a_door, page)
            pages.close()

    def _of_a_door(self, row: Mapping) -> Mapping:
        """A row that a door wrote: others could not be removed under the name that they show."""
        if row["person"] not in (PROBE, _person(row["name"])):
            raise GalleryError(
                f"the gallery {self._arguments[0]} holds a row of {row['name'][:200]!r} that no "
                "door wrote. Remove it from the database, and ask who else can write there."
            )
        return row

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        from pymilvus import MilvusException

        try:
            yield
        except MilvusException as error:
            raise GalleryError(
                f"could not {what} the gallery {self._arguments[0]}: {error.message}"
            ) from error


def _opened(uri: str, token: str, trusted: bool) -> Any:
    try:
        from pymilvus import MilvusClient, MilvusException
    except ImportError as error:
        raise MissingMilvusError(
            "pymilvus is not installed. Install it with: pip install pymilvus milvus-lite (or "
            "leave the gallery in memory, which needs nothing else)"
        ) from error
    # Milvus Lite has no clock for a query's time, and says so at length each time.
    for name in ("pymilvus.client.iterator.query_iterator", "grpc._server"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    local = "://" not in uri
    if local and not uri.endswith(".db"):
        raise GalleryError(f"the path of a gallery ends in .db, got {uri!r}")
    try:
        if local:
            folder = Path(uri).expanduser()
            _let_in(folder, trusted)
            uri = str(folder)
        return MilvusClient(uri, token=token)
    except (MilvusException, OSError) as error:
        raise GalleryError(
            f"the gallery {uri} cannot be opened ({error}). "
            + (
                "Is another process using it? Then start a server that both can address: "
                f"milvus-lite server --host 127.0.0.1 --data-dir {uri} --port 19530"
                if local
                else "Is the server there?"
            )
        ) from error


def _let_in(folder: Path, trusted: bool) -> None:
    """Make the folder of a new database; refuse one that this user neither made nor trusts."""
    is_new = not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir()))
    if is_new:
        folder.mkdir(parents=True, exist_ok=True)
        mark_as_made_here(folder)
    elif not trusted and (not is_made_here(folder) or links_inside(folder)):
        raise GalleryError(
            f"the gallery {folder} is a copy, or was made by somebody else. Such a folder "
            "can delete files and send data away. If you trust it as you trust a program, open it "
            "with trusted=True"
        )


def _alike(one: MadeWith, other: MadeWith) -> bool:
    return one.image_shape == other.image_shape and same_up_to_rounding(one.probe, other.probe)


def _row(name: str, embedding: Tensor) -> dict:
    return {"person": _person(name), "name": name, "embedding": embedding.tolist()}


def _person(name: str) -> str:
    """A key of plain letters, so that no name can be read as part of a question."""
    return hashlib.sha256(name.encode("utf8")).hexdigest()
