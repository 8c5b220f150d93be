"""`python -m rref_proto.cli`."""

import sys

from .command import main

sys.exit(main())
