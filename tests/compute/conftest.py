"""Lets the tests of this folder share their parts for cases worked by hand."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
