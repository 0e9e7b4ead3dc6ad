"""`python -m pi_uploader` is `pi-uploader`."""

import sys

from pi_uploader.cli import main

sys.exit(main())
