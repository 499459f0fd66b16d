"""Stage facility of the chain."""
