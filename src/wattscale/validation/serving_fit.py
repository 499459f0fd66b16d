"""Fit of the serving coefficients to measured rows, and leave-models-out cross-validation.

In: rows of inference_energy.csv and inference_serving.csv. Out: coefficients by figure id, ready to override the
catalogue; predictions of rows whose models the fit has not seen.
Leaves out: writing the catalogue (benchmarks/fit_serving.py does) and coefficients of a single model: there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy.optimize import least_squares

from wattscale.catalog import Catalog
from wattscale.compute.power import load_power_coefficients
from wattscale.compute.power_limit import power_limit
from wattscale.compute.roofline import RateCoefficients
from wattscale.units import FloatArray
from wattscale.validation import serving
from wattscale.validation.served_rows import ServedRow, row_power, row_rates, row_steps
from wattscale.validation.serving_data import FitData, Mask, fold_groups, keep

RATE_TABLE, POWER_TABLE, PRIORS = "serving_coefficients", "power_coefficients", "serving_priors"
STRIDE = 4
"""One row in this many of the latency file enters the fit of steps, so that both files weigh alike."""
SCALE = 0.1
"""Relative error beyond which a row loses weight (Cauchy loss): outliers are not chased."""
PRIOR_WEIGHT = 1.0
"""Weight of the starting points: one standard deviation away costs as much as this squared rows off by `SCALE`."""
POWER_PRIOR_WEIGHT = 0.3
"""The same for the power coefficients, of which less was known."""
ITEM_SPREAD = 1.0
"""How far an engine or generation may lie from their common value, over how far that may lie from its start [1]."""
BOUNDS = {
    "weight_efficiency": 0.98, "cache_efficiency": 1.0, "compute_efficiency": 0.85, "link_efficiency": 0.95,
    "score_efficiency": 0.9, "narrow_efficiency": 1.0, "unpack_efficiency": 1.0, "expert_memory_efficiency": 1.2,
    "expert_compute_efficiency": 1.2,
}  # fmt: skip
"""What no device exceeds [1]."""


@dataclass(frozen=True)
class Parameter:
    """One coefficient to fit, in the logarithm.

    Attributes:
        item, name: Figure of the table.
        start: Starting point.
        spread: Its standard deviation in the logarithm.
        top: What it must not exceed.
        common: Whether it is the common value to which the items of this name are drawn.
    """

    item: str
    name: str
    start: float
    spread: float
    top: float
    common: bool = False


def _parameters(catalog: Catalog, group: str, items: Sequence[str]) -> list[Parameter]:
    """List the coefficients of a group of starting points: their common value and one per item."""
    found = []
    for row in catalog.table(PRIORS).rows:
        if row["item"] != group:
            continue
        prior = catalog.figure(PRIORS, f"{group}.{row['parameter']}")
        spread = float(np.log(prior.high / prior.low) / 2.0)
        top = BOUNDS.get(row["parameter"], np.inf)
        name = row["parameter"]
        found.append(Parameter("default", name, prior.value, spread, top, common=True))
        found += [Parameter(i, name, prior.value, spread * ITEM_SPREAD, top) for i in items]
    return found


def _solve(
    parameters: Sequence[Parameter],
    residuals: Callable[[FloatArray], FloatArray],
    start: FloatArray | None,
    weight: float,
    scale: float = SCALE,
) -> FloatArray:
    prior = np.log([p.start for p in parameters])
    spread = np.array([p.spread for p in parameters])
    top = np.log(np.array([p.top for p in parameters]))
    common = {p.name: i for i, p in enumerate(parameters) if p.common}
    parent = np.array([-1 if p.common else common[p.name] for p in parameters])

    def all_residuals(x: FloatArray) -> FloatArray:
        centre = np.where(parent < 0, prior, x[parent])
        return np.asarray(np.r_[residuals(x), weight * scale * (x - centre) / spread])

    def loss(z: FloatArray, /) -> FloatArray:
        rho = np.array([np.log1p(z), 1.0 / (1.0 + z), -1.0 / (1.0 + z) ** 2])
        rho[:, -len(parameters) :] = [z[-len(parameters) :], np.ones(len(parameters)), np.zeros(len(parameters))]
        return rho

    first = np.minimum(prior if start is None else start, top - 1e-6)
    found = least_squares(
        all_residuals, first, bounds=(prior - 8.0, top), loss=loss,  # type: ignore[arg-type]
        f_scale=scale,
        max_nfev=60 if start is None else 8,
    )  # fmt: skip
    return np.asarray(found.x)


def fit_rates(sets: Sequence[FitData], catalog: Catalog, start: dict[str, float] | None = None) -> dict[str, float]:
    """Fit efficiencies and overheads to the measured steps.

    Args:
        sets: Data.
        catalog: The catalogue; gives starting points and what is not fitted.
        start: Figures to start from, instead of the starting points.

    Returns:
        Values by figure id.
    """
    rows = [r for s in sets for r in s.served]
    generations = sorted({r.accelerator.generation for r in rows})
    engines = sorted({r.engine for r in rows})
    known = {f.name for f in fields(RateCoefficients)}
    parameters = [
        p
        for p in (
            *_parameters(catalog, "generation", generations),
            *_parameters(catalog, "default", []),
            *_parameters(catalog, "engine", [f"engine-{e}" for e in engines]),
        )
        if p.name in known
    ]
    fixed = [row_rates(s.served, catalog) for s in sets]
    owners = [[_owners(p, s.served) for p in parameters] for s in sets]
    limits = [power_limit(catalog, [r.accelerator for r in s.served]) for s in sets]

    def residuals(x: FloatArray) -> FloatArray:
        out = []
        for data, base, owner, limit in zip(sets, fixed, owners, limits, strict=True):
            steps = row_steps(data.batch, limit.apply(_with(base, parameters, owner, np.exp(x))))
            out.append(np.log(np.asarray(steps.mean.time_s) / data.step_s))
        return np.concatenate(out)

    begin = _begin(parameters, RATE_TABLE, start)
    x = _solve(parameters, residuals, begin, PRIOR_WEIGHT)
    return {f"{RATE_TABLE}/{p.item}.{p.name}": float(np.exp(v)) for p, v in zip(parameters, x, strict=True)}


def _begin(parameters: Sequence[Parameter], table: str, start: dict[str, float] | None) -> FloatArray | None:
    if start is None:
        return None
    return np.log([start.get(f"{table}/{p.item}.{p.name}", p.start) for p in parameters])


def _owners(p: Parameter, rows: Sequence[ServedRow]) -> Mask:
    if p.common:
        return np.ones(len(rows), dtype=bool)
    return np.array([p.item in (r.accelerator.generation, f"engine-{r.engine}") for r in rows])


def _with(
    base: RateCoefficients, parameters: Sequence[Parameter], owners: Sequence[Mask], x: FloatArray
) -> RateCoefficients:
    values = {f.name: np.array(getattr(base, f.name)) for f in fields(RateCoefficients)}
    for p, owner, v in zip(parameters, owners, x, strict=True):
        values[p.name][owner] = v
    return RateCoefficients(**values)


def fit_power(data: FitData, catalog: Catalog, start: dict[str, float] | None = None) -> dict[str, float]:
    """Fit the power coefficients to the measured power, at the predicted steps.

    Args:
        data: Rows with power.
        catalog: The catalogue with the fitted rates.
        start: Figures to start from.

    Returns:
        Values by figure id.
    """
    generations = sorted({r.accelerator.generation for r in data.served})
    own = ("resident_share", "tensor_share", "memory_share")
    parameters = [p for p in _parameters(catalog, "power", generations) if p.common or p.name in own]
    steps = row_steps(data.batch, row_rates(data.served, catalog)).mean
    which = np.array([generations.index(r.accelerator.generation) for r in data.served])
    idle_by = {r.accelerator.generation: r.accelerator for r in data.served}
    idle = np.array([load_power_coefficients(catalog, idle_by[g]).idle for g in generations])[which]

    top = load_power_coefficients(catalog, data.served[0].accelerator).top

    def residuals(x: FloatArray) -> FloatArray:
        v: dict[str, FloatArray] = {}
        for p, value in zip(parameters, np.exp(x), strict=True):
            column = v.setdefault(p.name, np.zeros(len(generations)))
            if p.common:
                column[:] = value
            else:
                column[generations.index(p.item)] = value
        c = {name: column[which] for name, column in v.items()}
        memory = (
            np.asarray(steps.memory_utilisation)
            + c["cache_extra"] * np.asarray(steps.cache_utilisation)
            + c["expert_extra"] * np.asarray(steps.expert_utilisation)
        )
        activity = (
            c["resident_share"] * np.asarray(steps.busy_share)
            + c["tensor_share"] * np.asarray(steps.compute_utilisation)
            + c["memory_share"] * memory
            + c["link_share"] * np.asarray(steps.link_utilisation)
        )
        share = idle + activity ** c["exponent"]
        return np.asarray(np.log(np.minimum(share, top) / data.power_share))

    x = _solve(parameters, residuals, _begin(parameters, POWER_TABLE, start), POWER_PRIOR_WEIGHT)
    return {f"{POWER_TABLE}/{p.item}.{p.name}": float(np.exp(v)) for p, v in zip(parameters, x, strict=True)}


def fit_first_token(data: FitData, catalog: Catalog, start: dict[str, float] | None = None) -> dict[str, float]:
    """Fit what a closed loop adds to the time to first token.

    Args:
        data: Rows with times to first token.
        catalog: The catalogue with the fitted rates.
        start: Figures to start from.

    Returns:
        Values by figure id.
    """
    loops = [r for r in data.loops if r is not None]
    engines = sorted({r.scheduler for r in loops})
    wanted = ("first_token_s", "wave_share", "wave_exponent", "own_factor")
    parameters = [p for p in (*_parameters(catalog, "engine", [f"engine-{e}" for e in engines]),) if p.name in wanted]
    steps = row_steps(data.batch, row_rates(data.served, catalog))
    own, added = serving.own_times(loops, steps, catalog.value(RATE_TABLE, "engine.chunk_tokens"))
    others, queue = serving.loop_waits(loops, steps)
    which = np.array([engines.index(r.scheduler) for r in loops])

    def residuals(x: FloatArray) -> FloatArray:
        v = {(p.item, p.name): value for p, value in zip(parameters, np.exp(x), strict=True)}
        fixed, wave, exponent, factor = (
            np.array([v[(f"engine-{e}", name)] for e in engines])[which] for name in wanted
        )
        time = fixed + factor * own + wave * added * others**exponent + queue
        return np.asarray(np.log(time / data.first_s))

    x = _solve(parameters, residuals, _begin(parameters, RATE_TABLE, start), PRIOR_WEIGHT)
    return {f"{RATE_TABLE}/{p.item}.{p.name}": float(np.exp(v)) for p, v in zip(parameters, x, strict=True)}


def fit_all(
    energy: FitData, latency: FitData, catalog: Catalog, start: dict[str, float] | None = None
) -> dict[str, float]:
    """Fit rates, power and times to first token, one after the other.

    Args:
        energy: Rows of inference_energy.csv.
        latency: Rows of inference_serving.csv.
        catalog: The catalogue.
        start: Figures of an earlier fit to start from.

    Returns:
        Values by figure id, to override the catalogue.
    """
    some = keep(latency, np.arange(len(latency.served)) % STRIDE == 0)
    found = fit_rates([d for d in (energy, some) if d.served], catalog, start)
    view = catalog.with_overrides(found)
    if energy.served:
        found |= fit_power(energy, view, start)
    if latency.served:
        found |= fit_first_token(latency, view, start)
    return found


@dataclass(frozen=True)
class Unseen:
    """Predictions of rows whose models the fit had not seen, over the measured values; arrays of shape (rows,)."""

    ratios: dict[str, FloatArray]
    """Measured over predicted: tokens_per_s, power, joules_per_token, tpot, ttft [1]."""
    fits: tuple[dict[str, float], ...]
    """Coefficients of each fold."""


def cross_validate(
    energy: FitData,
    latency: FitData,
    names: tuple[Sequence[str], Sequence[str]],
    catalog: Catalog,
    folds: int,
    start: dict[str, float],
) -> Unseen:
    """Fit without some models and predict their rows, until every model has been left out.

    Args:
        energy: Rows of inference_energy.csv.
        latency: Rows of inference_serving.csv.
        names: Model family of each row of both.
        catalog: The catalogue.
        folds: Groups of models left out together [1].
        start: Fit to all rows, from which each fit starts.

    Returns:
        What was measured over what was predicted.
    """
    found: dict[str, list[FloatArray]] = {}
    fits = []
    for out in fold_groups(names, folds):
        away = [np.array([n in out for n in group]) for group in names]
        fit = fit_all(keep(energy, ~away[0]), keep(latency, ~away[1]), catalog, start)
        fits.append(fit)
        view = catalog.with_overrides(fit)
        for name, ratio in _ratios(keep(energy, away[0]), keep(latency, away[1]), view).items():
            found.setdefault(name, []).append(ratio)
    return Unseen({k: np.concatenate(v) for k, v in found.items()}, tuple(fits))


def _ratios(energy: FitData, latency: FitData, catalog: Catalog) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    if energy.served:
        steps = row_steps(energy.batch, row_rates(energy.served, catalog))
        time = np.asarray(steps.mean.time_s)
        power = row_power(energy.batch, steps, catalog) / energy.batch.tdp_w
        found["tokens_per_s"] = time / energy.step_s
        found["power"] = energy.power_share / power
        found["joules_per_token"] = energy.power_share * energy.step_s / (power * time)
    if latency.served:
        steps = row_steps(latency.batch, row_rates(latency.served, catalog))
        loops = [r for r in latency.loops if r is not None]
        found["tpot"] = latency.step_s / np.asarray(steps.mean.time_s)
        found["ttft"] = latency.first_s / serving.first_token_s(loops, steps, catalog)
    return found
