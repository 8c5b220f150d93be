"""Settings of all tests.

Pytest puts the folder of this file on sys.path. So the tests in all folders below can import the
modules next to this file.
"""

from __future__ import annotations

import os

from hypothesis import settings

# "quick" tests the same properties with fewer examples, for protobuf's slow pure-Python backend.
settings.register_profile("thorough", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "thorough"))
