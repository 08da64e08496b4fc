"""Run a command where no network can be reached, but for this machine itself (127.0.0.1).

    python tools/without_network.py make book

On Linux, by a network namespace of its own. Where the system allows none, the command does not run.
"""

import os
import shutil
import subprocess
import sys

# A new namespace has its own loopback device, which is down.
IN_NAMESPACE = ("unshare", "--net", "--map-root-user", "sh", "-c")
UP = 'ip link set lo up && exec "$@"'


def is_possible() -> bool:
    """Whether this system lets us make such a namespace."""
    if not sys.platform.startswith("linux") or not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*IN_NAMESPACE, UP, "sh", "true"], capture_output=True).returncode == 0


def command(arguments: list[str]) -> list[str]:
    return [*IN_NAMESPACE, UP, "sh", *arguments]


def main(arguments: list[str]) -> int:
    if not arguments:
        raise SystemExit(__doc__)
    if not is_possible():
        print("This system gives no network namespace (unshare, ip).", file=sys.stderr)
        return 1
    os.execvp("unshare", command(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
