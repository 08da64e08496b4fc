"""How long each chapter takes, and the memory it needs; the setup page shows it.

    python benchmarks/chapter_times.py                 all chapters, some ten minutes
    python benchmarks/chapter_times.py --only 03 08    these; the others keep what is stored
    python benchmarks/chapter_times.py --page          write the page alone

A chapter runs from a cold start in a kernel of its own, with nothing beside it. The time includes
the kernel's start; the memory is the largest that the kernel has held. On a machine with a GPU the
chapters use it, and rows of that device are stored beside those of the CPU.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from siamese_lib.pages.results import FOLDER, load_result, store_result

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "book" / "setup.md"
TABLE = re.compile(r"(<!-- chapter-times -->\n).*?(\n?<!-- end of chapter-times -->)", re.S)
HEAD = (
    "### How long a chapter takes\n",
    "Each runs alone, from a cold start. The memory is the largest that its kernel has held.",
    "`make times` measures it on your computer.\n",
)
PROTOCOL = (
    "Each chapter once, from a cold start in a kernel of its own, one after the other; prepared "
    "data is cached. Wall time with the kernel's start; the largest resident memory of a process."
)


def chapters() -> list[Path]:
    return sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


def measure(chapter: Path) -> dict:
    """Run one chapter; its seconds, and the peak memory of its kernel in MB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", str(chapter)]
        command += ["--output-dir", folder, "--ExecutePreprocessor.timeout=600"]
        environment = {**os.environ, "PYTHONUTF8": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        began = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    if status:
        raise SystemExit(f"{chapter.name} failed:\n{said.decode()[-3000:]}")
    # Linux counts in kB, macOS in bytes; children that have been waited for are included.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return {"chapter": chapter.stem, "seconds": seconds, "peak_mb": used.ru_maxrss / unit}


def table(rows: list[dict]) -> str:
    lines = [*HEAD, "| chapter | device | time | memory |", "| --- | --- | --- | --- |"]
    for row in sorted(rows, key=lambda row: (row["chapter"], row["device"])):
        name = row["chapter"].replace("_", " ")
        lines.append(
            f"| [{name}](../notebooks/{row['chapter']}.ipynb) | {row['device']} "
            f"| {row['seconds']:.0f} s | {row['peak_mb'] / 1000:.1f} GB |"
        )
    return "\n".join(lines)


def words(result: dict) -> str:
    made, total = result["made"], sum(row["seconds"] for row in result["rows"])
    return (
        f"Measured on {result['data']} with {made['threads']} threads, PyTorch {made['torch']}, "
        f"{made['date']}; together {total / 60:.0f} minutes."
    )


def page() -> str:
    result = load_result("chapter_times")
    text = PAGE.read_text("utf8")
    return TABLE.sub(rf"\g<1>{table(result['rows'])}\n\n{words(result)}\g<2>", text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", help="numbers of chapters, such as 03 08")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    arguments = parser.parse_args()
    if not arguments.page:
        device = "CUDA" if torch.cuda.is_available() else "CPU"
        there = (FOLDER / "chapter_times.json").exists()
        kept = {
            (row["chapter"], row["device"]): row
            for row in (load_result("chapter_times")["rows"] if there else [])
        }
        for chapter in chapters():
            if arguments.only and chapter.stem[:2] not in arguments.only:
                continue
            row = {**measure(chapter), "device": device}
            kept[chapter.stem, device] = row
            print(f"{row['seconds']:6.1f} s  {row['peak_mb']:6.0f} MB  {chapter.stem}", flush=True)
        known = {chapter.stem for chapter in chapters()}
        rows = [row for row in kept.values() if row["chapter"] in known]
        source = "Omniglot" if os.environ.get("SIAMESE_DATA") else "the data at hand"
        command = "python benchmarks/chapter_times.py"
        store_result("chapter_times", command, PROTOCOL, rows, data=source)
    PAGE.write_text(page(), "utf8", newline="\n")


if __name__ == "__main__":
    main()
