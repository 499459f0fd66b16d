"""Hindcast: what this kind of model would have said in 2018, 2020 and 2022, scored against what came.

In: published series up to a year. Out: forecast draws, scores against last year's growth, tests for breaks.
Leaves out: the full yearly model, whose AI part had no data then; the rule here is the one its history rests on:
regimes of growth that end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.outlook.years import FIRST_YEAR, LAST_HISTORY
from wattscale.units import FloatArray

CUTS = (2018, 2020, 2022)
"""Years of knowledge."""
DRAWS, SEED = 2000, 7
WINDOW = 3
"""Years of growth that the naive forecast carries on."""
JEFFREYS = 0.5
"""What Jeffreys' prior of a rate adds to the count."""
REGIMES_FROM = 2000
"""Year from which regimes of growth are known (Koomey 2011)."""
QUANTILES = (0.05, 0.1, 0.5, 0.9, 0.95)
CRITICAL_SUP_F = 8.85
"""Critical value of the largest F over break years for one coefficient at 5 % (Andrews 1993, table 1)."""
SERIES = {
    "electricity, world": ("dc.electricity", "", True),
    "electricity, United States": ("dc.electricity", "us", True),
    "work per power of devices": ("chips.density", "", False),
    "PUE, survey": ("pue.survey", "", False),
}
"""Series, its table key and region, and whether regimes of growth apply to it."""


@dataclass(frozen=True)
class Score:
    """Scores of one series and one year of knowledge; CRPS and pinball in log units.

    Attributes:
        mape: Mean absolute error of the median [1].
        crps: Continuous ranked probability score of the log.
        pinball: Mean pinball loss of the quantiles of the log.
        coverage_90: Share of years inside the 90 % interval [1].
        skill: 1 - CRPS over that of the naive forecast; below zero is worse than naive.
    """

    series: str
    known_to: int
    last: int
    years: int
    mape: float
    crps: float
    pinball: float
    coverage_90: float
    naive_mape: float
    naive_crps: float
    naive_coverage_90: float
    skill: float

    def to_dict(self) -> dict[str, float | str]:
        """Give the fields by name, rounded."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}


@dataclass(frozen=True)
class Break:
    """Largest F statistic over break years of a series of growth rates."""

    series: str
    year: int
    statistic: float

    @property
    def is_significant(self) -> bool:
        """Tell whether a break is there at 5 %."""
        return self.statistic > CRITICAL_SUP_F

    def to_dict(self) -> dict[str, object]:
        """Give series, year, statistic and whether it is significant."""
        statistic = round(self.statistic, 2)
        return {"series": self.series, "year": self.year, "statistic": statistic, "significant": self.is_significant}


def crps(draws: FloatArray, truth: FloatArray) -> float:
    """Give the mean continuous ranked probability score of samples.

    E|X - y| - E|X - X'| / 2, shape of draws (draws, years).

    Source: Gneiting and Raftery 2007.

    >>> crps(np.array([[1.0], [1.0]]), np.array([3.0]))
    2.0
    """
    first = np.abs(draws - truth).mean(axis=0)
    ordered = np.sort(draws, axis=0)
    n = len(draws)
    weights = (2.0 * np.arange(1, n + 1) - n - 1.0)[:, None]
    spread = (weights * ordered).sum(axis=0) * 2.0 / n**2
    return float((first - spread / 2.0).mean())


def pinball(draws: FloatArray, truth: FloatArray, quantiles: Sequence[float] = QUANTILES) -> float:
    """Give the mean pinball loss over quantiles and years.

    >>> pinball(np.array([[1.0], [1.0]]), np.array([3.0]), (0.5,))
    1.0
    """
    losses = []
    for q in quantiles:
        gap = truth - np.quantile(draws, q, axis=0)
        losses.append(np.where(gap >= 0, q * gap, (q - 1.0) * gap))
    return float(np.mean(losses))


def naive_draws(log_series: FloatArray, horizon: int, rng: np.random.Generator) -> FloatArray:
    """Carry the growth of the last years on, with the spread of its own steps; shape (draws, horizon)."""
    steps = np.diff(log_series)
    last = steps[-WINDOW:].mean()
    noise = rng.normal(0.0, max(float(steps.std()), SMALLEST_SD), (DRAWS, horizon))
    return np.asarray(log_series[-1] + np.cumsum(last + noise, axis=1))


SMALLEST_SD = 0.005
"""Least yearly standard deviation of a log series: published figures are rounded to about this."""


def hazard(regimes: int, cut: int) -> float:
    """Give the chance a year that a regime of growth ends, from those known at a year.

    (ends seen + 1/2) / years seen: a constant chance under Jeffreys' prior; the last regime has not ended yet.

    Args:
        regimes: Regimes known, the last one still running.
        cut: Year of knowledge.

    Source: Jeffreys 1946, prior of a Poisson rate.

    >>> round(hazard(3, 2018), 3)
    0.139
    """
    return (regimes - 1 + JEFFREYS) / (cut - REGIMES_FROM)


def regime_draws(
    log_series: FloatArray, regimes: FloatArray, end_chance: float, horizon: int, rng: np.random.Generator
) -> FloatArray:
    """Carry growth on until its regime ends, then at the growth of a regime seen before; shape (draws, horizon)."""
    steps = np.diff(log_series)
    growth = np.full(DRAWS, steps[-WINDOW:].mean())
    sd = max(float(steps.std()), SMALLEST_SD)
    found, level = [], np.full(DRAWS, log_series[-1])
    for _ in range(horizon):
        ends = rng.random(DRAWS) < end_chance
        fresh = rng.choice(regimes, DRAWS) + rng.normal(0.0, float(regimes.std()), DRAWS)
        growth = np.where(ends, fresh, growth)
        level = level + growth + rng.normal(0.0, sd, DRAWS)
        found.append(level)
    return np.array(found).T


def known_regimes(catalog: Catalog, log_series: FloatArray, first: int, cut: int) -> FloatArray:
    """Give the growth of the regimes known at a year, the last one read from the series itself."""
    before = [catalog.value("outlook_history", "regime.growth", vintage=y) for y in (2005, 2010, 2018) if y <= cut]
    since = 2018 - first
    if cut > 2018:
        before.append(float((log_series[-1] - log_series[since]) / (cut - 2018)))
    return np.array(before)


def score_series(catalog: Catalog, name: str, cut: int, last: int = LAST_HISTORY) -> Score:
    """Forecast one series from a year of knowledge and score it.

    Args:
        catalog: The catalogue.
        name: Key of `SERIES`.
        cut: Last year that is known.
        last: Last year that is forecast.

    Returns:
        Scores of the regime model, or of the damped trend where no regimes apply, and of the naive forecast.
    """
    key, region, has_regimes = SERIES[name]
    years = range(FIRST_YEAR, LAST_HISTORY + 1)
    facts = [catalog.value("outlook_history", key, region=region, vintage=y) for y in years]
    logs = np.log(np.array(facts))
    known, truth = logs[: cut - FIRST_YEAR + 1], logs[cut - FIRST_YEAR + 1 : last - FIRST_YEAR + 1]
    horizon, rng = len(truth), np.random.default_rng(SEED)
    naive = naive_draws(known, horizon, rng)
    rng = np.random.default_rng(SEED + 1)
    if has_regimes:
        regimes = known_regimes(catalog, known, FIRST_YEAR, cut)
        model = regime_draws(known, regimes, hazard(len(regimes), cut), horizon, rng)
    else:
        model = trend_draws(known, horizon, rng)
    ours, theirs = crps(model, truth), crps(naive, truth)
    return Score(
        name, cut, last, horizon, _mape(model, truth), ours, pinball(model, truth), _coverage(model, truth),
        _mape(naive, truth), theirs, _coverage(naive, truth), 1.0 - ours / theirs,
    )  # fmt: skip


def trend_draws(log_series: FloatArray, horizon: int, rng: np.random.Generator) -> FloatArray:
    """Carry the mean growth of the whole series on; its error grows with the horizon; shape (draws, horizon)."""
    steps = np.diff(log_series)
    sd = max(float(steps.std()), SMALLEST_SD)
    growth = steps.mean() + rng.normal(0.0, sd / np.sqrt(len(steps)), DRAWS)[:, None]
    return np.asarray(log_series[-1] + np.cumsum(growth + rng.normal(0.0, sd, (DRAWS, horizon)), axis=1))


def hindcast(catalog: Catalog) -> list[Score]:
    """Score every series from every year of knowledge, and five years from 2018."""
    early = [score_series(catalog, name, CUTS[0], CUTS[0] + 5) for name in SERIES]
    return early + [score_series(catalog, name, cut) for name in SERIES for cut in CUTS]


def structural_break(catalog: Catalog, name: str) -> Break:
    """Find the year at which the mean growth of a series most likely changed.

    F(b) = ((SSR - SSR_1 - SSR_2) / 1) / ((SSR_1 + SSR_2) / (n - 2)), largest over b.

    Source: Andrews 1993; Chow 1960 for a given year.
    """
    key, region, _ = SERIES[name]
    years = list(range(FIRST_YEAR, LAST_HISTORY + 1))
    steps = np.diff(np.log([catalog.value("outlook_history", key, region=region, vintage=y) for y in years]))
    whole, best = _ssr(steps), (years[2], 0.0)
    for cut in range(2, len(steps) - 1):
        parts = _ssr(steps[:cut]) + _ssr(steps[cut:])
        statistic = (whole - parts) / max(parts / (len(steps) - 2), 1e-12)
        if statistic > best[1]:
            best = (years[cut], float(statistic))
    return Break(name, *best)


def published_miss(catalog: Catalog) -> dict[str, float]:
    """Give the forecast of LBNL 2016 for 2020 against what came, the classic miss of a change of regime [TWh]."""
    said = catalog.value("outlook_history", "forecast_2016.electricity", region="us", vintage=2020)
    came = catalog.value("outlook_history", "dc.electricity", region="us", vintage=2020)
    return {"year": 2020.0, "said_twh": said, "came_twh": came, "error": said / came - 1.0}


def _ssr(steps: FloatArray) -> float:
    return float(((steps - steps.mean()) ** 2).sum())


def _mape(draws: FloatArray, truth: FloatArray) -> float:
    return float(np.abs(np.exp(np.median(draws, axis=0) - truth) - 1.0).mean())


def _coverage(draws: FloatArray, truth: FloatArray) -> float:
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    return float(((truth >= low) & (truth <= high)).mean())
