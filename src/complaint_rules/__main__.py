"""The command line as `python -m complaint_rules`."""

import sys

from complaint_rules.cli import main

if __name__ == "__main__":
    sys.exit(main())
