"""Stage supply of the chain."""
