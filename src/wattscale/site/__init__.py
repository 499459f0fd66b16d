"""Stage site of the chain."""
