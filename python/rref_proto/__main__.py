"""`python -m rref_proto` is the command rref-proto."""

from .cli import main

raise SystemExit(main())
