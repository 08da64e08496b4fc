"""Write tools/hashed_versions.txt: the tested packages for a release, each with its checksum.

    python tools/hashed_versions.py        needs uv, and PyPI; downloads no package

Run it after constraints.txt has changed. The list is for Python 3.12 on Linux (x86-64), where the
workflow builds a release; tests/workflows/test_hashed_versions.py says if it is out of date.
PyTorch is the usual one, so that every file comes from PyPI. Its smaller builds for the CPU are in
an index of their own.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import install

LIST = install.ROOT / install.HASHED
PYTHON = "3.12"
# Of the systems on which wheels for Linux were built, those that ubuntu-24.04 can use.
PLATFORMS = ["linux_x86_64", "manylinux2014_x86_64"]
PLATFORMS += [f"manylinux_2_{minor}_x86_64" for minor in range(5, 40)]
HEAD = """\
# What a release is built with, for Python {python} on Linux (x86-64), one file for each package.
# Made by: python tools/hashed_versions.py
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        pins = Path(name) / "pins.txt"
        write_pins(pins)
        report = report_of(pins, Path(name))
    lines = sorted(line_of(package) for package in report["install"])
    LIST.write_text(HEAD.format(python=PYTHON) + "\n" + "".join(lines), "utf8")
    print(f"{LIST.relative_to(install.ROOT)}: {len(lines)} packages")
    return 0


def write_pins(path: Path) -> None:
    """Write the version of every package that a release needs, on its system."""
    command = [
        *("uv", "pip", "compile", "requirements.txt", "-c", "constraints.txt", "--quiet"),
        *("--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_28"),
        *("--only-binary", ":all:", "--no-header", "--no-annotate", "--no-emit-index-url"),
        *("-o", str(path)),
    ]
    subprocess.run(command, cwd=install.ROOT, check=True)


def report_of(pins: Path, folder: Path) -> dict:
    """Return pip's report of what it would install, which has a checksum for each file."""
    report = folder / "report.json"
    command = [
        *(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed"),
        # Read by pip on this Python, but chosen for the other one.
        *("--no-deps", "--ignore-requires-python", "--only-binary", ":all:"),
        *("--target", str(folder / "nothing"), "--implementation", "cp"),
        *("--python-version", PYTHON, *(f"--platform={name}" for name in PLATFORMS)),
        *("--report", str(report), "-r", str(pins)),
    ]
    # From the usual index alone, whatever this computer has been told: no mirror, no folder.
    others = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX")
    environment = {name: value for name, value in os.environ.items() if name not in others}
    subprocess.run(command, check=True, env={**environment, "PIP_CONFIG_FILE": os.devnull})
    return json.loads(report.read_text("utf8"))


def line_of(package: dict) -> str:
    name, version = package["metadata"]["name"], package["metadata"]["version"]
    if not package["download_info"]["url"].startswith("https://"):
        raise SystemExit(f"{name} is from {package['download_info']['url']}, not from PyPI")
    checksum = package["download_info"]["archive_info"]["hashes"]["sha256"]
    return f"{name.lower().replace('_', '-')}=={version} --hash=sha256:{checksum}\n"


if __name__ == "__main__":
    sys.exit(main())
