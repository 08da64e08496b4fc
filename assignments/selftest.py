"""Try the sandbox of this machine: python assignments/selftest.py [--sandbox KIND] [--page].

``make grade-selftest`` runs this. Do it once on the machine on which you grade, before you grade a
class. It tries what a hostile submission would try, and prints what that got. The exit status is 1
if something was not as promised.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from grading.sandbox import KINDS, NoSandboxError, choose
from grading.sandbox.bubblewrap import has_hard_memory_limit
from grading.selftest import Outcome, run_trials, table

PAGE = Path(__file__).resolve().parents[1] / "book" / "teaching" / "assignments.md"
MARKED = re.compile(r"(<!-- selftest -->\n).*?(\n<!-- end of selftest -->)", re.S)


def main() -> int:
    """Run all trials and print them as they come."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sandbox", choices=["auto", *KINDS], default="auto")
    parser.add_argument("--page", action="store_true", help="write the table into the guide")
    arguments = parser.parse_args()
    try:
        kind = choose(arguments.sandbox)
    except NoSandboxError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Trying {kind}; this takes about two minutes", flush=True)
    outcomes: list[Outcome] = []
    for one in run_trials(kind):
        outcomes.append(one)
        mark = "ok  " if one.is_good else "BAD "
        print(f"{mark} {one.group}: {one.says}: {one.found}", flush=True)
    if kind == "bubblewrap" and not has_hard_memory_limit():
        print("Note: no systemd here, so memory has no hard limit, only one that is checked")
    if arguments.page:
        text = PAGE.read_text("utf8")
        filled = MARKED.sub(lambda at: at[1] + table(kind, outcomes) + at[2], text)
        PAGE.write_text(filled, "utf8")
    bad = sum(not one.is_good for one in outcomes)
    print(f"{len(outcomes) - bad} of {len(outcomes)} as promised")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
