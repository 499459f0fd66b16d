"""Fit a few multipliers of the serving model to measurements of your own device.

In: rows in the columns of `validate inference`. Out: multipliers, and own figures for a scenario's table `[catalog]`.
Leaves out: new effects: the model keeps its form, and three factors per device say how far yours is from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from wattscale.catalog import Catalog, load_catalog
from wattscale.compute.accelerators import Accelerator, load_accelerator
from wattscale.errors import InputError
from wattscale.units import FloatArray
from wattscale.validation.inference import TARGETS, engine_of, predict
from wattscale.validation.scoring import Prediction, score

RATES, POWER = "serving_coefficients", "power_coefficients"
FACTORS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "speed": (RATES, ("weight_efficiency", "cache_efficiency", "compute_efficiency", "score_efficiency")),
    "overhead": (
        RATES,
        ("layer_s", "recurrent_layer_s", "expert_layer_s", "mixed_layer_s", "step_s", "sequence_s"),
    ),
    "power": (POWER, ("resident_share", "tensor_share", "memory_share", "link_share")),
}
"""What each factor multiplies: efficiencies of the device, times of engine and host, draw above idle."""
PRIOR = 0.3
"""Spread of the natural logarithm of a factor before anything is measured: devices of a generation are alike [1]."""
NOISE = 0.1
"""Spread of the logarithm of one reading, repeat runs and model together [1]."""
FURTHEST = 5.0
"""A factor stays between its inverse and this; further off, the row describes another machine [1]."""
DYNAMIC = "exponent"
"""The draw above idle grows with this power of its sum, so the sum takes the factor to its inverse."""


@dataclass(frozen=True)
class Calibration:
    """Factors of one device and what they change.

    Attributes:
        accelerator: Name in the catalogue.
        engine: Serving engine of the rows.
        rows: Rows used [1].
        factors: Multiplier by name: speed, overhead, power [1]; 1 is the model as it ships.
        figures: Own figures by id, for the scenario's table `[catalog]`.
        before, after: Median absolute error by target, as shipped and with the factors [1].
    """

    accelerator: str
    engine: str
    rows: int
    factors: Mapping[str, float]
    figures: Mapping[str, float]
    before: Mapping[str, float]
    after: Mapping[str, float]

    def to_dict(self) -> dict[str, object]:
        """Give plain tables."""
        return {key: dict(v) if isinstance(v, Mapping) else v for key, v in self.__dict__.items()}

    def toml(self) -> str:
        """Write the scenario that carries the own figures: run it as it is, or copy `[catalog]` into your own."""
        factors = ", ".join(f"{name} {value:.3f}" for name, value in self.factors.items())
        head = f"# Own figures of {self.accelerator}, fitted to {self.rows} measured rows: {factors} of the model's."
        lines = [head, "[compute]", f'accelerator = "{self.accelerator}"', f'engine = "{self.engine}"', "", "[catalog]"]
        lines += [f'"{key}" = {value:.6g}' for key, value in self.figures.items()]
        return "\n".join(lines) + "\n"

    def text(self) -> str:
        """Tell people what was fitted and how well."""
        lines = [f"{self.accelerator}, engine {self.engine}: {self.rows} rows"]
        lines += [f"  {name:<9} x {value:.3f}" for name, value in self.factors.items()]
        lines.append(f"  {'median error':<22} before   after")
        lines += [
            f"  {target:<22} {self.before[target]:6.1%}  {self.after[target]:6.1%}"
            for target in TARGETS
            if target in self.before
        ]
        return "\n".join(lines)


def calibrate(
    rows: Sequence[Mapping[str, str]], catalog: Catalog | None = None, accelerator: str | None = None
) -> Calibration:
    """Fit the factors of one device.

    minimise sum rho((log predicted - log measured) / noise) + sum rho(log factor / prior), rho quadratic near 0 and
    linear far from it, so that a few odd rows do not rule; efficiencies stay at most 1

    Args:
        rows: Measurements, columns of `validate inference`.
        catalog: The catalogue; the bundled one where None.
        accelerator: Device to fit; may be left out where the rows name one alone.

    Returns:
        The calibration.

    Raises:
        InputError: Rows of several devices or engines, an unknown device, or no row with a speed, power or energy.

    Source: ridge regression on logarithms; the prior keeps a factor at 1 that the rows say nothing about (overhead at
    large batches, speed at small ones).
    """
    catalog = catalog or load_catalog()
    chip, kept = _of_one_device(rows, catalog, accelerator)
    engine = _one_engine(kept)
    measured = [[_number(row, target) for target in TARGETS] for row in kept]
    if not any(any(cells) for cells in measured):
        raise InputError("has no row with a speed, a power or an energy", where="calibrate", allowed=", ".join(TARGETS))
    first, skipped = predict(kept, catalog, Path())
    if not first:
        raise InputError(f"no row can be predicted: {skipped[0].why}", where="calibrate")
    used = [(kept[p.row], measured[p.row]) for p in first]
    rows_used = [row for row, _ in used]
    targets = _readings([cells for _, cells in used])
    last: dict[str, list[Prediction]] = {}

    def residuals(logs: FloatArray) -> FloatArray:
        own = catalog.with_overrides(own_figures(catalog, chip, engine, _named(logs)))
        found = predict(rows_used, own, Path())[0]
        last["found"] = found
        off = [np.log(found[i].predicted[target] / value) / NOISE for i, target, value in targets]
        return np.concatenate([np.asarray(off, dtype=np.float64), logs / PRIOR])

    bound = float(np.log(FURTHEST))
    fitted = least_squares(
        residuals, np.zeros(len(FACTORS)), bounds=(-bound, bound), diff_step=np.full(len(FACTORS), 1e-3), x_scale=0.1,
        xtol=1e-4, ftol=1e-4, loss="soft_l1",
    )  # fmt: skip
    factors = _named(fitted.x)
    residuals(fitted.x)
    again, _ = predict(rows_used, catalog, Path())
    return Calibration(
        accelerator=chip.name,
        engine=engine,
        rows=len(rows_used),
        factors=factors,
        figures=own_figures(catalog, chip, engine, factors),
        before=_errors(rows_used, again),
        after=_errors(rows_used, last["found"]),
    )


def own_figures(catalog: Catalog, chip: Accelerator, engine: str, factors: Mapping[str, float]) -> dict[str, float]:
    """Give the catalogue figures of a device times the factors, by id.

    Args:
        catalog: The catalogue.
        chip: The device; its generation's own coefficients are taken, else the common ones.
        engine: Serving engine.
        factors: Multipliers: speed, overhead, power [1].

    Returns:
        Values for the scenario's table `[catalog]`.

    >>> catalog = load_catalog()
    >>> own = own_figures(catalog, load_accelerator(catalog, "H100"), "vllm", {"speed": 0.5})
    >>> own["serving_coefficients/hopper.weight_efficiency"] / catalog.value("serving_coefficients",
    ...     "hopper.weight_efficiency")
    0.5
    """
    plain = catalog.recording()
    found: dict[str, float] = {}
    for name, factor in factors.items():
        table, parameters = FACTORS[name]
        item = f"engine-{engine}" if name == "overhead" else chip.generation
        if name == "power":
            factor = factor ** (1.0 / plain.value(POWER, _key(plain, POWER, chip.generation, DYNAMIC)))
        for parameter in parameters:
            key = _key(plain, table, item, parameter)
            value = plain.value(table, key) * factor
            found[f"{table}/{key}"] = min(1.0, value) if name == "speed" else value
    return found


def _key(catalog: Catalog, table: str, item: str, parameter: str) -> str:
    own = f"{item}.{parameter}"
    return own if catalog.has_figure(table, own) else f"default.{parameter}"


def _named(logs: FloatArray) -> dict[str, float]:
    return {name: float(np.exp(x)) for name, x in zip(FACTORS, logs, strict=True)}


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        return float(row.get(column) or 0.0)
    except ValueError:
        raise InputError("is not a number", where=column, value=row[column]) from None


def _readings(measured: Sequence[Sequence[float]]) -> list[tuple[int, str, float]]:
    """Take two independent readings of a row: speed and power, with energy for the one that is missing."""
    energy, power, speed = TARGETS
    found = []
    for i, cells in enumerate(measured):
        known = {target: value for target, value in zip(TARGETS, cells, strict=True) if value > 0}
        if speed in known and power in known:
            known.pop(energy, None)
        found += [(i, target, value) for target, value in known.items()]
    return found


def _of_one_device(
    rows: Sequence[Mapping[str, str]], catalog: Catalog, accelerator: str | None
) -> tuple[Accelerator, list[Mapping[str, str]]]:
    names = sorted({row.get("gpu_model", "") for row in rows})
    if accelerator is None and "" in names:
        hint = "Name it: --accelerator H100"
        raise InputError("has a row that names no device", where="calibrate: gpu_model", hint=hint)
    known = {name: load_accelerator(catalog, name or str(accelerator), "gpu_model").name for name in names}
    chip = load_accelerator(catalog, accelerator or names[0], "--accelerator" if accelerator else "gpu_model")
    if accelerator is None and len(set(known.values())) > 1:
        listed = ", ".join(sorted(set(known.values())))
        raise InputError(
            "has rows of several devices", where="calibrate", value=listed, hint="Pick: --accelerator NAME"
        )
    kept: list[Mapping[str, str]] = [
        {**row, "gpu_model": chip.name} for row in rows if known[row.get("gpu_model", "")] == chip.name
    ]
    if not kept:
        listed = ", ".join(sorted(set(known.values())))
        raise InputError("has no row", where="--accelerator", value=chip.name, allowed=listed)
    return chip, kept


def _one_engine(rows: Sequence[Mapping[str, str]]) -> str:
    engines = sorted({engine_of(row.get("runtime", "")) for row in rows})
    if len(engines) > 1:
        hint = "Calibrate each engine with a file of its own"
        raise InputError("has rows of several engines", where="calibrate: runtime", value=", ".join(engines), hint=hint)
    return engines[0]


def _errors(rows: Sequence[Mapping[str, str]], predictions: Sequence[Prediction]) -> dict[str, float]:
    scores = {target: score(rows, predictions, target) for target in TARGETS}
    return {target: found["median_ape"] for target, found in scores.items() if found.get("n")}
