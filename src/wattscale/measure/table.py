"""The measurement table: one row per operating point, in the columns of `validate inference`.

In: cells by column. Out: complete rows and CSV text.
Leaves out: judging the rows (`wattscale validate inference`) and fitting to them (`calibration`).
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping

from wattscale.errors import InputError, did_you_mean

COLUMNS = (
    "model", "params_total_B", "params_active_B", "arch", "gpu_model", "num_gpus", "tp", "pp", "dp", "ep", "precision",
    "task", "max_num_seqs", "avg_batch_size", "avg_input_len", "avg_output_len", "output_tokens_per_s",
    "energy_per_token_J", "energy_per_request_J", "avg_power_W", "itl_or_tpot_mean_ms", "ttft_mean_ms",
    "measurement_scope", "derived_cells", "runtime", "source",
)  # fmt: skip
"""Columns of a measurement, units in the names; speeds and powers are those of all devices together."""
NUMBERS = frozenset(COLUMNS[1:3] + COLUMNS[5:10] + COLUMNS[12:22])
"""Columns that hold numbers above zero."""
ALL_DEVICES = "gpu_all_steady_state"
"""Scope of the power of all devices, host left out, while the load is steady."""

Measurement = dict[str, str]


def measurement(cells: Mapping[str, object]) -> Measurement:
    """Make a row of the table: checks the cells, writes numbers, and derives power, speed or energy from the other two.

    energy per token = power / output tokens per second; running sequences = tokens per second x time per token.

    Args:
        cells: Values by column; None or empty where not known.

    Returns:
        A cell for every column; derived ones are named in `derived_cells`.

    Raises:
        InputError: A column that does not exist, or a number that is none, not finite, or not above zero.

    >>> row = measurement({"model": "m", "avg_power_W": 400, "output_tokens_per_s": 800})
    >>> row["energy_per_token_J"], row["derived_cells"]
    ('0.5', 'energy_per_token_J')
    """
    row = dict.fromkeys(COLUMNS, "")
    for column, value in cells.items():
        if column not in row:
            raise InputError("no such column", where="measure", value=column, hint=did_you_mean(column, COLUMNS))
        if value is None or value == "":
            continue
        row[column] = _number(column, value) if column in NUMBERS else str(value).strip()
    derived = [c for c in row["derived_cells"].split(";") if c]
    for column, value in _derived(row):
        row[column] = f"{value:.6g}"
        derived.append(column)
    row["derived_cells"] = ";".join(dict.fromkeys(derived))
    row["num_gpus"] = row["num_gpus"] or "1"
    row["measurement_scope"] = row["measurement_scope"] or ALL_DEVICES
    return row


def _number(column: str, value: object) -> str:
    try:
        found = float(str(value))
    except ValueError:
        raise InputError("is not a number", where=column, value=value) from None
    if not math.isfinite(found) or found <= 0.0:
        raise InputError("is not a measurement", where=column, value=value, allowed="a number above zero")
    return f"{found:.10g}"


def _derived(row: Measurement) -> Iterable[tuple[str, float]]:
    def known(column: str) -> float | None:
        return float(row[column]) if row[column] else None

    power, speed, energy = (known(c) for c in ("avg_power_W", "output_tokens_per_s", "energy_per_token_J"))
    if energy is None and power and speed:
        yield "energy_per_token_J", power / speed
    elif power is None and energy and speed:
        yield "avg_power_W", energy * speed
    elif speed is None and power and energy:
        yield "output_tokens_per_s", power / energy
    pause = known("itl_or_tpot_mean_ms")
    if not row["avg_batch_size"] and speed and pause:
        yield "avg_batch_size", max(1.0, speed * pause / 1000.0)


def table_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """Write rows as CSV text, one line per row below the header.

    >>> table_csv([measurement({"model": "m"})]).splitlines()[1][:2]
    'm,'
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
