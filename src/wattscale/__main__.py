"""`python -m wattscale` runs the command line."""

import os
import sys

if not sys.flags.safe_path and sys.path[0] == os.getcwd():
    # Python has put the folder it was started in before all others; no module that lies there by chance is meant.
    sys.path.pop(0)

from wattscale.cli import main

main()
