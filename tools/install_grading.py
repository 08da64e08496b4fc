"""Make .venv-grading: nbgrader on top of the book's .venv, so that the book's own stays light.

Run with the Python of .venv, after tools/install.py:  .venv/bin/python tools/install_grading.py
"""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv-grading"
PYTHON = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_there() -> bool:
    return (FOLDER / "installed").exists()


def main() -> int:
    packages = Path(sysconfig.get_path("purelib"))  # of the Python that runs this: the book's
    print(f"Making {FOLDER.name} (about 100 MB, on top of .venv)", flush=True)
    venv.create(FOLDER, symlinks=os.name != "nt", with_pip=True)
    own = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    # addsitedir, not a bare path: the library is installed through a .pth file there.
    line = f"import site; site.addsitedir({str(packages)!r})\n"
    (Path(own) / "book.pth").write_text(line, encoding="utf8")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "-r", "assignments/requirements.txt"], cwd=ROOT).returncode:
        print("The installation failed; pip says why above.", file=sys.stderr)
        return 1
    (FOLDER / "installed").write_text("newer than assignments/requirements.txt\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
