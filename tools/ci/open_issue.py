"""Open an issue about a check that failed, unless one is open already; then add a comment.

    python tools/ci/open_issue.py TITLE RUN_URL

Uses ``gh``, GitHub's own command line, which its runners have.
"""

import json
import subprocess
import sys


def main(title: str, run_url: str) -> int:
    body = (
        f"The weekly checks failed: {run_url}\n\nThe steps in red say what, and how to repeat it."
    )
    listed = gh("issue", "list", "--state", "open", "--limit", "500", "--json", "number,title")
    numbers = [issue["number"] for issue in json.loads(listed) if issue["title"] == title]
    if numbers:
        gh("issue", "comment", str(min(numbers)), "--body", body)
        print(f"Added to issue {min(numbers)}.")
    else:
        print(gh("issue", "create", "--title", title, "--body", body))
    return 0


def gh(*arguments: str) -> str:
    run = subprocess.run(["gh", *arguments], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"gh {' '.join(arguments[:2])} failed: {run.stderr.strip()}")
    return run.stdout.strip()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    sys.exit(main(*sys.argv[1:]))
