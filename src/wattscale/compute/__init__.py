"""Stage compute of the chain."""
