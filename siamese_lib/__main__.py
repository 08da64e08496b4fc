"""The command line: ``python -m siamese_lib --help``."""

import sys

from siamese_lib.recipes.command import main

sys.exit(main())
