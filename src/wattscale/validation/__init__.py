"""Validation: the model's predictions against measured rows, one module per kind of published data.

In: a kind and a CSV in the columns of that kind. Out: a row table, metrics per target, rows skipped with the reason.
Leaves out: fitting; the scripts in `benchmarks/` do that.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from wattscale import usertext
from wattscale.errors import InputError, clipped, did_you_mean

if TYPE_CHECKING:
    from wattscale.catalog import Catalog

KINDS: Mapping[str, str] = {
    "training": "wattscale.validation.training",
    "training-steps": "wattscale.validation.training_steps",
    "mlperf": "wattscale.validation.mlperf",
    "inference": "wattscale.validation.inference",
    "throughput": "wattscale.validation.throughput",
    "serving": "wattscale.validation.serving",
    "pue": "wattscale.validation.pue",
    "pue-simulated": "wattscale.validation.pue_simulated",
    "outlook": "wattscale.validation.outlook",
}
"""Kinds of measured data and the module that predicts each."""
UNUSABLE = (ArithmeticError, ValueError, LookupError, TypeError)
"""What a predictor makes of a cell that it cannot use."""
MOST_REASON = 150
MOST_NUMBER = 1e40
"""No measurement comes near it; a larger one is a damaged cell."""
MISSING = ("nan", "na", "n/a", "none", "null")
"""Words that other tools write for an empty cell."""


def validate(kind: str, data: str | Path | None = None, cross_validate: bool = False) -> dict[str, Any]:
    """Predict each row of a measurement file from its inputs and score the predictions.

    Args:
        kind: One of `KINDS`.
        data: CSV file in the columns of that kind (docs/reference/validation.md); without it the published figures
            that the catalogue carries.
        cross_validate: Refit the coefficients without the model of each row before predicting it.

    Returns:
        kind, n, skipped, metrics by target, by_group, rows (index from 0, predicted, low, high).

    Raises:
        InputError: Unknown kind, missing file, a kind without cross-validation or without figures of its own.
    """
    from wattscale.catalog import load_catalog
    from wattscale.validation.scoring import finite_only, score

    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS)
        raise InputError("no such kind", where="validate", value=kind, allowed=", ".join(KINDS), hint=hint)
    module = importlib.import_module(KINDS[kind])
    catalog = load_catalog()
    if data is None:
        rows, folder = _catalogued(module, kind, catalog), Path.cwd()
    else:
        rows, folder = _own_rows(module, kind, Path(data)), Path(data).parent
    predict = getattr(module, "cross_validate" if cross_validate else "predict", None)
    if predict is None:
        raise InputError("has no coefficients of its own to refit", where="--cross-validate", value=kind)
    try:
        predictions, skipped = predict(rows, catalog, folder)
    except UNUSABLE:
        if data is not None:
            _name_row(predict, rows, catalog, folder, Path(data))
        raise
    predictions, skipped = finite_only(predictions, skipped)
    targets: tuple[str, ...] = module.TARGETS
    measured = getattr(module, "scored", lambda row, target: True)
    rows = [{c: "" if c in targets and not measured(row, c) else cell for c, cell in row.items()} for row in rows]
    group: str = module.GROUP_BY
    by_group: dict[str, Any] = {}
    for name in sorted({rows[p.row].get(group, "") for p in predictions}):
        chosen = [p for p in predictions if rows[p.row].get(group, "") == name]
        by_group[name] = {target: score(rows, chosen, target) for target in targets}
    return {
        "kind": kind,
        "n": len(predictions),
        "skipped": [{"row": s.row, "why": s.why} for s in skipped],
        "metrics": {target: score(rows, predictions, target) for target in targets},
        "by_group": by_group,
        "rows": [
            {"row": p.row, "predicted": dict(p.predicted), "low": dict(p.low), "high": dict(p.high)}
            for p in predictions
        ],
    }


def _name_row(predict: Any, rows: list[dict[str, str]], catalog: Catalog, folder: Path, path: Path) -> None:
    """Say which row of a user's file cannot be used, if one alone cannot."""
    for number, row in enumerate(rows, start=1):
        try:
            predict([row], catalog, folder)
        except UNUSABLE as error:
            reason = clipped(" ".join(str(error).split())[:MOST_REASON])
            raise InputError(
                f"row {number} has a cell that cannot be used ({reason})", where="--data", value=str(path),
                hint="Correct it, or leave it empty if it was not measured",
            ) from error  # fmt: skip


def _checked_cells(rows: list[dict[str, str]], targets: tuple[str, ...], path: Path) -> list[dict[str, str]]:
    """Take words for missing as empty; refuse numbers beyond reason, and targets that are none."""
    checked = []
    for number, row in enumerate(rows, start=1):
        cells = {name: "" if cell.strip().lower() in MISSING else cell for name, cell in row.items()}
        for name, cell in cells.items():
            try:
                wrong = not abs(float(cell)) <= MOST_NUMBER
            except ValueError:
                wrong = name in targets and cell.strip() != ""
            if wrong:
                raise InputError(
                    f"row {number}: {name} is {clipped(cell)}", where="--data", value=str(path),
                    allowed="a number, or an empty cell", hint="Correct the cell",
                )  # fmt: skip
        checked.append(cells)
    return checked


def _own_rows(module: ModuleType, kind: str, path: Path) -> list[dict[str, str]]:
    """Read a file of measurements; one without any column that tells the kind is another file."""
    rows = read_rows(path)
    known = (module.GROUP_BY, *module.TARGETS)
    if not set(known) & set(rows[0]):
        found = ", ".join(clipped(name) for name in list(rows[0])[:8])
        raise InputError(
            f"has none of the columns that tell a file of '{kind}' (its columns: {found})",
            where="--data", value=str(path), allowed=", ".join(known),
            hint="Name the columns as in docs/reference/validation.md.",
        )  # fmt: skip
    return _checked_cells(rows, module.TARGETS, path)


def _catalogued(module: ModuleType, kind: str, catalog: Catalog) -> list[dict[str, str]]:
    table = getattr(module, "CATALOG_TABLE", None)
    if table is None:
        raise InputError(
            "the catalogue carries no measured rows of this kind", where="--data", value=kind, hint="Give a file."
        )
    return [dict(row) for row in catalog.table(table).rows]


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV of measurements as text cells.

    Raises:
        InputError: The file is missing, no CSV, empty, or a line has more cells than the header.
    """
    return usertext.read_rows(path, "--data")
