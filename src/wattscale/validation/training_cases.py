"""Rows of training measurements as cases of the training model.

In: rows as read from a file. Out: numbers of their cells, shapes, fixed layouts, precisions.
Leaves out: the predictions of a kind (training, training_steps, mlperf).
"""

from __future__ import annotations

from collections.abc import Mapping

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator, load_accelerator
from wattscale.compute.parallelism import FULL, NONE, SELECTIVE
from wattscale.compute.training_shape import TrainingShape, training_shape
from wattscale.compute.training_sizes import shape_from_sizes
from wattscale.errors import InputError, WattscaleError
from wattscale.validation.scoring import Prediction
from wattscale.workload.resolve import architecture_for

Row = Mapping[str, str]

RECOMPUTE_CELLS = {"none": NONE, "none/selective": NONE, "selective": SELECTIVE, "full": FULL}
"""Words of the column activation_recompute; with fused attention `selective` of attention costs and saves nothing."""

UNFUSED_PRECISION = "fp16"
"""Steps measured in fp16 come from codes before fused attention (2022), which write the scores to memory."""


def cell(row: Row, column: str) -> float | None:
    """Give a cell as a number, None where it is empty.

    Raises:
        InputError: A word, where a number belongs.

    >>> cell({"tp": "8"}, "tp"), cell({"tp": ""}, "tp")
    (8.0, None)
    """
    text = row.get(column, "")
    try:
        return float(text) if text else None
    except ValueError:
        raise InputError("must be a number", where=column, value=text) from None


def whole(row: Row, column: str) -> int | None:
    """Give a cell as a whole number, None where it is empty.

    >>> whole({"tp": "8"}, "tp")
    8
    """
    found = cell(row, column)
    return None if found is None else int(found)


def device(row: Row, column: str, catalog: Catalog) -> Accelerator | None:
    """Give the accelerator named in a cell, None where the catalogue does not know it or lacks its power."""
    try:
        return load_accelerator(catalog, row.get(column, ""), column)
    except WattscaleError:
        return None


def usual_precision(accelerator: Accelerator, eight_bit: bool = False) -> str:
    """Name the precision in which models are trained on a device.

    >>> from wattscale.catalog import load_catalog
    >>> usual_precision(load_accelerator(load_catalog(), "H100"), eight_bit=True)
    'fp8'
    """
    if eight_bit and "fp8" in accelerator.peak_flops:
        return "fp8"
    return next((p for p in ("bf16", "fp16") if p in accelerator.peak_flops), next(iter(accelerator.peak_flops)))


def precision_of(words: str, accelerator: Accelerator) -> str:
    """Translate a cell such as `amp_bf16` to a precision of the device.

    >>> from wattscale.catalog import load_catalog
    >>> precision_of("amp_fp8", load_accelerator(load_catalog(), "H100"))
    'fp8'
    """
    for word in ("fp4", "fp8", "fp32", "tf32"):
        if word in words.lower() and word in accelerator.peak_flops:
            return word
    return usual_precision(accelerator)


def row_shape(row: Row, *, total: str, active: str | None = None, trained_share: float = 1.0) -> TrainingShape | None:
    """Make the shape of a row from its sizes; None where it names no size.

    Args:
        row: A row with columns arch, layers, d_model, vocab, seq_len.
        total: Column of the parameters [1e9].
        active: Column of the active parameters [1e9].
        trained_share: Parameters trained over all [1].
    """
    size = cell(row, total)
    if size is None:
        return None
    arch = row.get("arch", "").lower()
    unfused = row.get("precision", "").lower() == UNFUSED_PRECISION
    passed = cell(row, active) if active else None
    return shape_from_sizes(
        size * 1e9,
        None if passed is None else passed * 1e9,
        layers=cell(row, "layers"),
        d_model=cell(row, "d_model"),
        vocab=cell(row, "vocab"),
        sequence_length=cell(row, "seq_len") or 2048.0,
        experts="moe" in arch,
        trained_share=trained_share,
        biased="alibi" in arch,
        unfused_heads=(cell(row, "heads") or 0.0) if unfused else 0.0,
    )


def named_mixture(row: Row, catalog: Catalog) -> TrainingShape | None:
    """Make the shape of a mixture of experts from the catalogued model of its name; None for others.

    Experts per token and their share of the parameters follow from no published size.
    """
    if "moe" not in row.get("arch", "").lower():
        return None
    try:
        model, doubts = architecture_for(catalog, row.get("model", ""), cell(row, "params_B"))
    except WattscaleError:
        return None
    return None if doubts else training_shape(model, whole(row, "seq_len") or 2048)


def scaled(prediction: Prediction, factors: Mapping[str, float]) -> Prediction:
    """Give a prediction with its targets and intervals multiplied by factors.

    >>> scaled(Prediction(0, {"x": 2.0}), {"x": 3.0}).predicted
    {'x': 6.0}
    """

    def times(values: Mapping[str, float]) -> dict[str, float]:
        return {name: value * factors.get(name, 1.0) for name, value in values.items()}

    return Prediction(prediction.row, times(prediction.predicted), times(prediction.low), times(prediction.high))
