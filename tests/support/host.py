"""The local host, in which it costs PASSWORD_COST to hash a password."""

import os
import sys

from function_app.auth import passwords
from local.host import main

if __name__ == "__main__":
    passwords._COST = int(os.environ.pop("PASSWORD_COST"))
    sys.exit(main())
