"""Stage economics of the chain."""
