"""Settings of all tests. Pytest puts this folder on sys.path, since this file is in it.

So the tests in the folders below can import the modules beside this file.
"""

from __future__ import annotations

import os

from hypothesis import settings

# "quick" is for the slow pure-Python backend of protobuf; the properties are the same.
settings.register_profile("thorough", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "thorough"))
