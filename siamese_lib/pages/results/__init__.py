"""Results of runs that are too long for a chapter, stored with how they came about.

The programs in ``benchmarks/`` make them; chapters and the book's results page show them.
"""

from __future__ import annotations

import json
import platform
from datetime import date
from pathlib import Path

import torch

import siamese_lib
from siamese_lib.data import resolve_source

FOLDER = Path(__file__).parent


def store_result(name: str, command: str, protocol: str, rows: list[dict], **about: object) -> Path:
    """Write ``name``.json: rows of figures, the command that makes them again, and where they ran.

    Args:
        name: of the result, a file name without its ending.
        command: what to type to make it again.
        protocol: what was measured, on what, chosen how.
        rows: the figures, plain JSON values.
        about: more values to keep with them.

    Returns:
        The file.
    """
    result = {
        "command": command,
        "protocol": protocol,
        "made": {
            "date": date.today().isoformat(),
            "siamese_lib": siamese_lib.__version__,
            "torch": torch.__version__.split("+")[0],
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
            "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
            "threads": torch.get_num_threads(),
        },
        **about,
        "rows": rows,
    }
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf8")
    return path


def load_result(name: str) -> dict:
    """Read a stored result.

    Returns:
        ``command``, ``protocol``, ``made`` (date, versions, machine) and ``rows``, and what else
        the program kept.

    Raises:
        ValueError: there is no such result; the error lists the known names.
    """
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in FOLDER.glob("*.json"))) or "none"
        raise ValueError(f"there is no stored result {name!r}; there are: {known}")
    return json.loads(path.read_text("utf8"))


def over_seeds(name: str) -> list[float]:
    """Return what a number of a chapter was with other seeds and one thread, lowest first.

    ``benchmarks/claims.py`` runs each chapter with five seeds and stores its numbers. If the
    chapter uses characters, those of the data source that this page runs on are returned.

    Args:
        name: Under which the chapter stores the number (see ``chapter.glue``).

    Raises:
        ValueError: If no run has stored it.
    """
    sources = (resolve_source(), "own")
    rows = load_result("claims")["rows"]
    found = [
        row["numbers"][name]
        for row in rows
        if name in row["numbers"] and row["source"] in sources and row["threads"] == 1
    ]
    if not found:
        raise ValueError(f"no stored run has the number {name!r}")
    return sorted(found)
