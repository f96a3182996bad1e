"""``python -m statelint``: the command."""

import sys

from statelint.cli.main import main

sys.exit(main())
