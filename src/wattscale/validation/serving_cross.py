"""Predictions of serving rows by fits that have not seen their model.

In: rows of inference_energy.csv or inference_serving.csv, the other file beside them if there is one. Out: predictions
of every row, each by coefficients fitted to the other models only.
Leaves out: training and throughput rows; no throughput row enters a fit, so that they are unseen as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog
from wattscale.userfile import regular_file
from wattscale.validation import inference, read_rows, serving
from wattscale.validation.scoring import Prediction, Rows, Skipped
from wattscale.validation.serving_data import energy_data, family, fold_groups, keep, latency_data
from wattscale.validation.serving_fit import fit_all

FOLDS = 10
"""Groups of models left out together."""
Predict = Callable[[Rows, Catalog, Path], tuple[list[Prediction], list[Skipped]]]
PREDICT: Mapping[str, Predict] = {inference.FILE: inference.predict, serving.FILE: serving.predict}


def predict_unseen(
    file: str, rows: Rows, catalog: Catalog, folder: Path, folds: int = FOLDS
) -> tuple[list[Prediction], list[Skipped]]:
    """Predict each row by a fit to the rows of other models.

    Args:
        file: inference_energy.csv or inference_serving.csv: what the rows are of.
        rows: Rows.
        catalog: The catalogue.
        folder: Where the other file is looked for; without it its rows are missing from the fits.
        folds: Groups of models left out together [1].

    Returns:
        Predictions and rows skipped with the reason.
    """
    tables = {name: rows if name == file else _beside(folder / name) for name in PREDICT}
    energy = energy_data(tables[inference.FILE], catalog)
    latency = latency_data(tables[serving.FILE], catalog)
    names = {name: [family(row.get("model", "")) for row in table] for name, table in tables.items()}
    start = fit_all(energy, latency, catalog)
    found: list[Prediction] = []
    skipped: list[Skipped] = []
    for out in fold_groups(list(names.values()), folds):
        index = [k for k, name in enumerate(names[file]) if name in out]
        if not index:
            continue
        away = [
            np.array([names[name][r.row] in out for r in data.served], dtype=bool)
            for name, data in ((inference.FILE, energy), (serving.FILE, latency))
        ]
        view = catalog.with_overrides(fit_all(keep(energy, ~away[0]), keep(latency, ~away[1]), catalog, start))
        said, missed = PREDICT[file]([rows[k] for k in index], view, folder)
        found += [Prediction(index[p.row], p.predicted, p.low, p.high) for p in said]
        skipped += [Skipped(index[s.row], s.why) for s in missed]
    return sorted(found, key=lambda p: p.row), sorted(skipped, key=lambda s: s.row)


def _beside(path: Path) -> Rows:
    return read_rows(path) if regular_file(path) else []
