"""Stage impact of the chain."""
