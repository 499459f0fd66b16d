"""Stage workload of the chain: what must be computed."""

from wattscale.workload.config import load_config

__all__ = ["load_config"]
