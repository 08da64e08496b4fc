"""Run the Python of .venv, by the same words on every system.

python tools/in_venv.py tools/check.py --only tests
"""

import subprocess
import sys

import install

if __name__ == "__main__":
    sys.exit(subprocess.run([str(install.PYTHON), *sys.argv[1:]]).returncode)
