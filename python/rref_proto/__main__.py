"""`python -m rref_proto` is the command rref-proto."""

import sys

from .cli import main

sys.exit(main())
