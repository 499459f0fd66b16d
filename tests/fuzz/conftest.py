"""The modules of this folder find each other when pytest collects them one by one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
