"""Stage workload of the chain."""
