"""The workbook `tables.xlsx`: numbers as numbers, units in the headers, one sheet per question.

In: a plan. Out: the bytes of an Excel file, the same for the same plan.
Leaves out: formulas; the numbers are those of plan.json at full precision. The hourly sheet is there when asked for.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wattscale.report.tables import (
    assumption_table,
    capacity_table,
    cost_table,
    figure_table,
    month_table,
    source_table,
)
from wattscale.report.tables_impact import carbon_table, concentration_table, disruption_table, job_table, market_table
from wattscale.report.tables_money import contract_table, currency_table, worth_table

if TYPE_CHECKING:
    import pandas as pd

    from wattscale.result import Plan

CREATED = datetime(2024, 1, 1)
"""Date written into the file, fixed so that the same plan gives the same bytes."""
WIDEST = 60
"""Widest column [characters]."""
ROWS_MEASURED = 200
"""Rows looked at to set the width of a column."""
UNITS = {
    "usd_per_year": "USD/year", "usd_per_mwh": "USD/MWh", "usd": "USD", "mwh": "MWh", "mw": "MW", "m3": "m³", "t": "t",
    "kg_per_mwh": "kg/MWh", "kg": "kg", "years": "year", "share": "1", "c": "°C", "pue": "1",
}  # fmt: skip
"""Unit by the last words of a column's name, the longest first."""


def tables_xlsx(plan: Plan, hourly: bool = False) -> bytes:
    """Write the workbook of a plan.

    Args:
        plan: The plan.
        hourly: Add a sheet of 8,760 rows (about 2 MB).

    Returns:
        The file: sheets figures, months, cost, capacity, assumptions, sources, warnings, then worth, contracts,
        currency, carbon, jobs, market, concentration and disruptions where the plan has them, and hourly when asked.
    """
    import pandas as pd

    warned = pd.DataFrame([(w.code, w.message) for w in plan.warnings], columns=["code", "message"]).set_index("code")
    sheets = {
        "figures": figure_table(plan), "months": month_table(plan), "cost": cost_table(plan),
        "capacity": capacity_table(plan), "assumptions": assumption_table(plan.scenario),
        "sources": source_table(plan), "warnings": warned,
    }  # fmt: skip
    effects = {
        "worth": worth_table(plan), "contracts": contract_table(plan), "currency": currency_table(plan),
        "carbon": carbon_table(plan), "jobs": job_table(plan), "market": market_table(plan),
        "concentration": concentration_table(plan), "disruptions": disruption_table(plan),
    }  # fmt: skip
    sheets |= {name: table for name, table in effects.items() if len(table)}
    return workbook(sheets | ({"hourly": _hourly(plan)} if hourly else {}), f"Wattscale plan: {plan.scenario.name}")


def workbook(sheets: Mapping[str, pd.DataFrame], title: str) -> bytes:
    """Write tables as the sheets of one workbook.

    Args:
        sheets: Table by sheet name, the index as first column.
        title: Title in the file's properties.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": title, "comments": "Money is real USD of 2024.", "created": CREATED})
        top = {"valign": "top"}
        formats = {
            "head": book.add_format({**top, "bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#eef2f6"}),
            "text": book.add_format(top),
            "number": book.add_format({**top, "num_format": "#,##0.###"}),
            "small": book.add_format({**top, "num_format": "0.000E+00"}),
        }
        for name, table in sheets.items():
            _sheet(book.add_worksheet(name), table, formats)
    return buffer.getvalue()


def header(column: str) -> str:
    """Put the unit into a column's header.

    >>> header("facility_energy_mwh"), header("total_usd_per_year"), header("part")
    ('facility energy [MWh]', 'total [USD/year]', 'part')
    """
    for ending in sorted(UNITS, key=len, reverse=True):
        if column == ending or column.endswith(f"_{ending}"):
            stem = column.removesuffix(ending).rstrip("_").replace("_", " ") or column
            return f"{stem} [{UNITS[ending]}]"
    return column.replace("_", " ")


def _sheet(sheet: Any, table: pd.DataFrame, formats: Mapping[str, Any]) -> None:
    flat = table.reset_index()
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(flat.columns):
        heading = header(str(column))
        sheet.write_string(0, place, heading, formats["head"])
        for row, cell in enumerate(flat[column].tolist(), start=1):
            _write(sheet, row, place, cell, formats)
        longest = max([len(heading) * 0.75, *(len(_shown(c)) for c in flat[column].tolist()[:ROWS_MEASURED])])
        sheet.set_column(place, place, min(WIDEST, longest + 2))
    if len(flat):
        sheet.autofilter(0, 0, len(flat), len(flat.columns) - 1)


def _write(sheet: Any, row: int, place: int, cell: Any, formats: Mapping[str, Any]) -> None:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        sheet.write_blank(row, place, None)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, place, cell, formats["text"])
    elif isinstance(cell, int | float):
        is_small = cell != 0 and abs(cell) < 1e-3
        sheet.write_number(row, place, cell, formats["small" if is_small else "number"])
    else:
        sheet.write_string(row, place, str(cell), formats["text"])


def _shown(cell: Any) -> str:
    return f"{cell:,.3f}" if isinstance(cell, float) else str(cell)


def _hourly(plan: Plan) -> pd.DataFrame:
    table = plan.hourly()
    table.index = table.index.strftime("%Y-%m-%d %H:%M").rename("time UTC")  # type: ignore[attr-defined]
    return table
