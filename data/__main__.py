"""`python -m data COMMAND` (figures.md)."""

import sys

from data.commands.main import main

sys.exit(main())
