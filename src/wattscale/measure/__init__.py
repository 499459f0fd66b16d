"""Your own machine: power and speed of a local model server or of a synthetic model, and result files of other tools.

In: a server's address, a model's name, or result files. Out: a table in the columns of `validate inference`, and a
`[catalog]` table fitted to it.
Leaves out: clusters and training; one machine serves.
"""

from __future__ import annotations

from wattscale.measure.calibration import Calibration, calibrate
from wattscale.measure.front import Ask, batches_of, facts_of, measure
from wattscale.measure.results import read_results
from wattscale.measure.table import COLUMNS, measurement, table_csv

__all__ = [
    "COLUMNS",
    "Ask",
    "Calibration",
    "batches_of",
    "calibrate",
    "facts_of",
    "measure",
    "measurement",
    "read_results",
    "table_csv",
]
