"""Lets the tests of this folder share files in two contents."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
