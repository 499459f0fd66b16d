"""The catalogue: every figure the package rests on, each with unit, source, year and confidence.

In: `<table>.csv` with its sidecar `<table>.toml`, both in this folder. Out: typed figures and rows, and a ledger of
the ones a plan used. Two shapes of table: `figures` (one number per row) and `records` (one thing per row).
Leaves out: raw measurement files; users bring those.
"""

from wattscale.catalog.money import Deflator
from wattscale.catalog.reader import Catalog, Row, load_catalog
from wattscale.catalog.table import Table, table_names

__all__ = ["Catalog", "Deflator", "Row", "Table", "load_catalog", "table_names"]
