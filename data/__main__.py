"""`python -m data COMMAND` (figures.md)."""

import sys

from data.cli import main

sys.exit(main())
