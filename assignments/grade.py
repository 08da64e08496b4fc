"""Grade a folder of submissions: python assignments/grade.py FOLDER [--sandbox KIND].

``make grade SUBMISSIONS=folder`` installs what is needed and runs this. Run it again after an
interruption, after a late submission, or when the written answers have been graded by hand: it
goes on where it stopped, and scores given by hand stay.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from grading import inbox
from grading.assignment import assignments, script_number
from grading.class_run import ClassRun
from grading.platforms import fill_spreadsheets
from grading.roster import RosterError, read_roster
from grading.sandbox import KINDS, NoSandboxError, choose
from grading.sandbox.bubblewrap import has_hard_memory_limit
from grading.tables import write_tables
from grading.versions import names
from siamese_classroom.asking import in_short

LIGHT = (
    "Note: nothing here limits the memory of a submission as a whole (systemd is not running, or "
    "not for you); it is checked ten times a second. For a class, SANDBOX=container is safer."
)
# nbgrader looks for files by patterns, and opens its database by an address.
ODD = "*?[]#%"
UNPROTECTED = "Note: submissions run as yourself, with your files and your network"


def main() -> int:
    """Grade, write the tables, and say what is left to do."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("submissions", type=Path)
    parser.add_argument("--out", type=Path, help="default: the folder's name with -graded")
    parser.add_argument("--sandbox", choices=["auto", *KINDS], default="auto")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--roster", type=Path, help="CSV with a column student: who should hand in")
    parser.add_argument(
        "--script",
        type=script_number,
        default=0,
        help="the number with which assignment 3 was handed out",
    )
    arguments = parser.parse_args()
    # Ended by another program, it leaves nothing behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for stream in (sys.stdout, sys.stderr):  # names in any script, on a console of any encoding
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    folder = arguments.submissions.resolve()
    out = arguments.out or folder.with_name(folder.name + "-graded")
    if out.resolve() == folder or folder in out.resolve().parents:
        print(f"{out} lies inside the submissions: name another place with --out", file=sys.stderr)
        return 2
    if odd := sorted(set(str(out.resolve())) & set(ODD)):
        print(f"{out} contains {' '.join(odd)}: name another place with --out", file=sys.stderr)
        return 2
    began = time.monotonic()
    try:
        roster = read_roster(arguments.roster) if arguments.roster else None
        kind = choose(arguments.sandbox)
        print(f"Submissions run in: {kind}", flush=True)
        if kind == "none":
            print(UNPROTECTED, file=sys.stderr)
        if kind == "bubblewrap" and not has_hard_memory_limit():
            print(LIGHT, file=sys.stderr)
        print("Reading what was handed in ...", flush=True)
        n_workers = max(1, arguments.workers)
        graded = ClassRun(out, assignments(), kind, n_workers, arguments.script).grade(folder)
    except (NoSandboxError, FileNotFoundError, RosterError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted. The same command goes on from here.", file=sys.stderr)
        return 130
    filled = fill_spreadsheets(folder, out, graded)
    paths = [*write_tables(out, graded, roster), *filled.paths]
    problems = [one for one in graded if one.problem]
    print(f"{len(graded)} submissions in {time.monotonic() - began:.0f} s")
    if yours := inbox.of_teacher(folder):
        print(f"Taken for your own files, not graded: {in_short(names(yours))}")
    for note in filled.notes:
        print(f"  {in_short(note)}")
    for one in problems:
        print(f"  {in_short(one.received.student)}: {in_short(str(one.problem))}")
    for path in (*paths, out / "feedback"):
        print(path)
    by_hand = sum(left for one in graded for _, _, left in one.scores.values())
    if by_hand:
        print(f"{by_hand} written answers wait to be graded by hand; then run this again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
