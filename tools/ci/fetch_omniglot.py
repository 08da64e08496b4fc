"""Fetch Omniglot to where the chapters look for it, and say which characters the book will show.

    python tools/ci/fetch_omniglot.py

Where it cannot be had, that is no failure: the book is built on Glyphs, and the run's page says so.
On GitHub, the step's output ``source`` is ``omniglot`` or ``glyphs``.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from siamese_lib.data import download  # noqa: E402


def main(base_url: str | None = None) -> int:
    folder = download.data_folder()
    try:
        for name in download.FILES:
            path = download.ensure_archive(name, folder, base_url)
            print(f"{name}: {path.stat().st_size / 1e6:.1f} MB, checksum right")
        source = "omniglot"
    except download.NotAvailableError as error:
        # The two words that GitHub turns into a note on the page of the run.
        print(f"::warning::Omniglot cannot be had, so this book shows Glyphs. {error}")
        source = "glyphs"
    if output := os.environ.get("GITHUB_OUTPUT"):
        with Path(output).open("a", encoding="utf8") as file:
            file.write(f"source={source}\n")
    print(f"The book shows {source}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
