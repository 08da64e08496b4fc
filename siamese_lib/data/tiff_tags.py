"""How much the tags of a TIFF file, or of the Exif block in another image file, claim to hold."""

from __future__ import annotations

import struct
from typing import BinaryIO

# Bytes of one value of each type (TIFF 6.0, page 15, and BigTIFF); other types are not read.
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
# For each magic number: the offset of the first directory, the number of its tags, and one tag.
FORMS = {42: ("I", "H", "HHI4s"), 43: ("Q", "Q", "HHQ8s")}


def claimed_bytes(content: BinaryIO, most: int) -> int:
    """Return how many bytes the tags of the first directory claim to hold together.

    Tags may overlap, so a small file can claim gigabytes. Pillow before 13 reads all of them.

    Args:
        content: A file opened for reading bytes. Other files than TIFF claim nothing.
        most: Counting stops above this number of bytes.
    """
    content.seek(0)
    start = content.read(4)
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    magic = struct.unpack(f"{order}H", start[2:])[0] if order and len(start) == 4 else None
    if order is None or magic not in FORMS:
        return 0
    offset_form, number_form, tag_form = (order + form for form in FORMS[magic])

    def take(form: str) -> tuple:
        return struct.unpack(form, content.read(struct.calcsize(form)))

    claimed = 0
    try:
        if magic == 43:
            content.seek(8)
        (offset,) = take(offset_form)
        content.seek(offset)
        (n_tags,) = take(number_form)
        for _ in range(n_tags):
            _, kind, n_values, _ = take(tag_form)
            claimed += SIZES.get(kind, 0) * n_values
            if claimed > most:
                break
    except (struct.error, OverflowError, OSError, ValueError):  # cut off: Pillow says it in words
        return claimed
    return claimed
