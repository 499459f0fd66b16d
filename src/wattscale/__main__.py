"""`python -m wattscale` runs the command line."""

from wattscale.cli import main

main()
