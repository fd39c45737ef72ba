"""`python -m ml_steps` is `ml-steps`."""

import sys

from ml_steps.cli import main

sys.exit(main())
