"""Follow every link of the book that leads to another host. Needs a network, and some minutes.

    python tools/external_links.py         after `make book`

Sphinx's own link checker does it; chapters that have been run are not run again.
"""

import json
import sys
from pathlib import Path

import jupyter_book_command

ROOT = Path(__file__).resolve().parents[1]


def main(root: Path = ROOT) -> int:
    code = jupyter_book_command.build("--builder", "linkcheck", root=root)
    # Jupyter Book puts what Sphinx found among the pages; it is not one of them.
    found = root / "_build" / "linkcheck" / "output.json"
    found.parent.mkdir(parents=True, exist_ok=True)
    found.unlink(missing_ok=True)
    for path in (root / "_build" / "html").glob("output.*"):
        path.replace(found.parent / path.name)
    if not found.exists():
        print("The links were not checked: see above.", file=sys.stderr)
        return code or 1
    links = [json.loads(line) for line in found.read_text("utf8").splitlines() if line]
    broken = [link for link in links if link["status"] == "broken"]
    for link in broken:
        print(f"{link['filename']}:{link['lineno']}: {link['uri']}: {link['info']}")
    print(f"{len(links)} links followed, {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
