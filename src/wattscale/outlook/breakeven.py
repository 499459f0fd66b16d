"""When, if ever, tomorrow's technologies pay: quantum, neuromorphic, edge, decentralised, fully renewable.

In: draws of `breakeven_inputs`, unit figures of a plan, prices and power of a path. Out: first year by draw, and the
adoption curves that enter the outlook.
Leaves out: performance claims without a source; what is only judged is a range, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from wattscale.annuity import annuity
from wattscale.outlook.drivers import Draws
from wattscale.outlook.planunits import PlanUnits
from wattscale.outlook.years import FUTURE, LAST_HISTORY, LAST_YEAR, place
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, SECONDS_PER_HOUR, FloatArray

NEVER = float("inf")
QUANTUM_YEAR = 2021
"""Year of the operation times in `breakeven_inputs` (Babbush et al. 2021)."""
BATTERY_LIFE_YEARS, RATE = 15.0, 0.08
"""Life of a battery (table tech_costs) and the discount rate of the built-in plan."""
KWH_PER_MWH = 1e3


@dataclass(frozen=True)
class BreakEven:
    """One technology.

    Attributes:
        name: Short name.
        question: What is asked.
        year: First year in which it pays, infinite where it does not by 2045, shape (draws,).
        assumes: What the answer rests on, in words.
    """

    name: str
    question: str
    year: FloatArray
    assumes: str

    def probability(self, by: int) -> float:
        """Give the share of draws in which it pays by a year [1]."""
        return float((self.year <= by).mean())

    def to_dict(self) -> dict[str, object]:
        """Give name, question, probabilities and the year by which half of the draws have it."""
        half = float(np.quantile(self.year, 0.5, method="lower"))
        return {
            "name": self.name,
            "question": self.question,
            "probability_by_2030": round(self.probability(2030), 4),
            "probability_by_2035": round(self.probability(2035), 4),
            "probability_by_2045": round(self.probability(LAST_YEAR), 4),
            "median_year": None if half == NEVER else int(half),
            "assumes": self.assumes,
        }


def quantum_break_even_s(operation_s: FloatArray, classical_s: FloatArray, order: FloatArray) -> FloatArray:
    """Give the shortest run at which a quantum speed-up pays.

    M* = (t_Q / t_C)^(1/(d-1)), T* = M* t_Q, where t_C is the time of a classical call over the parallel devices.

    Args:
        operation_s: Time of a quantum call [s].
        classical_s: Time of a classical call over its parallelism [s].
        order: Order of the speed-up: the classical machine makes M^d calls for M of the quantum one, above 1 [1].

    Returns:
        Run time [s].

    Source: Babbush et al. 2021, Focus beyond quadratic speedups for error-corrected quantum advantage.

    >>> days = quantum_break_even_s(np.array(0.018), np.array(3.7e-11), np.array([2.0])) / 86400
    >>> days.round(0).tolist()
    [101.0]
    """
    calls = (operation_s / classical_s) ** (1.0 / (order - 1.0))
    return np.asarray(calls * operation_s)


def bass(years: FloatArray, innovation: FloatArray, imitation: FloatArray) -> FloatArray:
    """Give the adopted share some years after the start, zero before.

    F(t) = (1 - e^-(p+q)t) / (1 + (q/p) e^-(p+q)t).

    Source: Bass 1969.

    >>> float(bass(np.array(10.0), np.array(0.03), np.array(0.38)).round(2))
    0.81
    """
    t = np.maximum(years, 0.0)
    decay = np.exp(-(innovation + imitation) * t)
    return np.asarray((1.0 - decay) / (1.0 + imitation / innovation * decay))


def first_year(holds: Callable[[int], FloatArray]) -> FloatArray:
    """Give the first year of the outlook in which a condition holds and holds on to the end, by draw."""
    found: FloatArray | None = None
    for year in reversed(FUTURE):
        now = np.asarray(holds(year), dtype=bool)
        if found is None:
            found = np.where(now, float(year), NEVER)
            held = now
        else:
            held = held & now
            found = np.where(held, float(year), found)
    assert found is not None
    return found


def quantum(v: Draws, seed: int) -> BreakEven:
    """Ask when quantum computers speed up training."""
    chance = np.random.default_rng(seed).random(len(v["quantum.order"])) < v["quantum.algorithm_probability"]
    limit_s = v["quantum.run_limit"] * HOURS_PER_DAY * SECONDS_PER_HOUR

    def holds(year: int) -> FloatArray:
        since = year - QUANTUM_YEAR
        operation = v["quantum.operation"] * np.exp(-v["quantum.operation_fall"] * since)
        classical = v["quantum.classical_call"] * np.exp(-v["hardware.efficiency_growth"] * since)
        run = quantum_break_even_s(operation, classical, v["quantum.order"])
        return np.asarray(chance & (year >= v["quantum.machine_year"]) & (run <= limit_s))

    return BreakEven(
        "quantum",
        "Quantum computers shorten the training of language models",
        first_year(holds),
        "an algorithm with more than quadratic speed-up is found (none is known; probability judged), error-corrected "
        "machines exist, and data loading costs nothing",
    )


def neuromorphic(v: Draws, units: PlanUnits) -> BreakEven:
    """Ask when neuromorphic devices cost less than GPUs, all in.

    They pay when cost ratio x hardware share <= hardware share + (electricity + facility share) (1 - 1/gain).
    """
    saved = (units.electricity_share + v["neuromorphic.facility_saving"]) * (1.0 - 1.0 / v["neuromorphic.gain"])
    hardware = 1.0 - units.electricity_share - v["neuromorphic.facility_saving"]
    allowed = 1.0 + saved / hardware

    def holds(year: int) -> FloatArray:
        fall = np.exp(-v["neuromorphic.cost_fall"] * (year - LAST_HISTORY))
        return np.asarray((v["neuromorphic.cost_ratio"] * fall <= allowed) & (year >= v["neuromorphic.ready"]))

    return BreakEven(
        "neuromorphic",
        "Neuromorphic devices serve large models at lower total cost",
        first_year(holds),
        f"electricity is {units.electricity_share:.0%} of the cost of ownership (plan), so even an endless gain in "
        "energy pays for little more hardware",
    )


def edge_energy(v: Draws, units: PlanUnits, year: int) -> tuple[FloatArray, FloatArray]:
    """Give energy per token of the same small model on a device and in the cloud [J/token]."""
    age = year - LAST_HISTORY
    device = v["edge.energy"] / v["edge.phone_gain"] * np.exp(-v["edge.efficiency_growth"] * age)
    device = device / (1.0 - v["edge.charger_loss"]) + v["edge.embodied"]
    size = v["edge.model_size"] / units.params_active_b
    cloud = units.joules_per_token * size * np.exp(-v["hardware.efficiency_growth"] * age) * units.pue
    return np.asarray(device), np.asarray(cloud + v["edge.network"])


def edge(v: Draws, units: PlanUnits) -> BreakEven:
    """Ask when the same small model costs less energy on a device than in the cloud."""

    def holds(year: int) -> FloatArray:
        device, cloud = edge_energy(v, units, year)
        return np.asarray(device <= cloud)

    return BreakEven(
        "edge",
        "A small model needs less energy on the user's device than in the cloud, at equal size and quality",
        first_year(holds),
        "the cloud batches requests, the device reads its weights for each token; making the device counts by use",
    )


def edge_shares(v: Draws, year: int) -> tuple[FloatArray, FloatArray]:
    """Give the share of tasks, and the smaller share of work, that moves to devices in a year [1].

    The size of model that tasks need is lognormal; devices take those below their memory. Work is proportional to size,
    so the work moved is the partial mean, Phi(z - s).
    """
    median = v["edge.size_median"] * np.exp(-v["edge.size_fall"] * (year - LAST_HISTORY))
    z = np.log(v["edge.model_size"] / median) / v["edge.size_sd"]
    taken = v["edge.adoption"] * bass(year - v["edge.shipped_since"], v["adoption.innovation"], v["adoption.imitation"])
    return np.asarray(ndtr(z) * taken), np.asarray(ndtr(z - v["edge.size_sd"]) * taken)


def adoption(v: Draws, units: PlanUnits, seed: int, without: tuple[str, ...] = ()) -> dict[str, FloatArray]:
    """Give what enters the outlook by year and draw, from technologies that hang on no price of the path.

    Returns:
        `edge_share` of work, `work_saving` of neuromorphic devices, `training_saving` of quantum computers [1], shape
        (future years, draws).
    """
    nothing = np.zeros((len(FUTURE), len(v["edge.energy"])))
    found = {"edge_share": nothing, "work_saving": nothing, "training_saving": nothing}
    if "quantum" not in without:
        found["training_saving"] = _spread(v, quantum(v, seed).year) * v["quantum.training_part"]
    if "edge" not in without:
        found["edge_share"] = np.array([edge_shares(v, year)[1] for year in FUTURE])
    if "neuromorphic" not in without:
        gain = 1.0 - 1.0 / np.maximum(v["neuromorphic.gain"], 1.0)
        found["work_saving"] = _spread(v, neuromorphic(v, units).year) * v["neuromorphic.potential"] * gain
    return found


def _spread(v: Draws, start: FloatArray) -> FloatArray:
    """Give the adopted share from a first year on [1], shape (future years, draws); zero where it never pays."""
    since = [np.where(np.isfinite(start), year - np.where(np.isfinite(start), start, 0.0), 0.0) for year in FUTURE]
    return np.array([bass(s, v["adoption.innovation"], v["adoption.imitation"]) for s in since])


def multi_site(v: Draws, run_mw: FloatArray) -> BreakEven:
    """Ask when the largest training run outgrows the largest site, so that it must span several.

    Args:
        v: Draws.
        run_mw: Power of the largest run, shape (years, draws) [MW].
    """
    return BreakEven(
        "decentralised training",
        "The largest training run needs more power than one site has, and spans several over wide links",
        first_year(lambda year: run_mw[place(year)] > v["decentral.site_limit"]),
        "low-communication methods keep 83 to 96 % of the speed (INTELLECT-1, a tenth of a percent of frontier scale)",
    )


def ledger_cost_ratio(v: Draws) -> FloatArray:
    """Give the cost of serving on scattered, ledger-coordinated devices over that of a campus [1]."""
    return np.asarray(
        v["decentral.device_penalty"] * v["decentral.pue_ratio"] * v["decentral.ledger_overhead"]
        / v["decentral.utilisation"]
    )  # fmt: skip


def ledger(v: Draws, price_ratio: FloatArray) -> BreakEven:
    """Ask when ledger-coordinated serving undercuts a campus, given the scarcity price of devices.

    Args:
        v: Draws.
        price_ratio: Scarcity price of a campus device over its cost, shape (years, draws) [1].
    """
    ratio = ledger_cost_ratio(v)
    return BreakEven(
        "ledger-coordinated serving",
        "Scattered devices under a ledger serve for less than a campus",
        first_year(lambda year: ratio <= price_ratio[place(year)]),
        "a ledger adds work and no efficiency; only lasting scarcity of campuses could pay for it",
    )


def matched_cost(v: Draws, costs: Mapping[str, FloatArray], t: int, full: bool) -> FloatArray:
    """Give the cost of renewable power matched in 95 % of hours, or in all [USD/MWh], shape (draws,).

    overbuild x mean cost of solar and wind + storage hours x battery cost x annuity / 8760.
    """
    wind = v["renewable.wind_share"]
    energy = v["renewable.overbuild"] * (wind * costs["wind"][t] + (1.0 - wind) * costs["solar"][t])
    yearly = v["renewable.storage_hours"] * costs["battery"][t] * KWH_PER_MWH * annuity(RATE, BATTERY_LIFE_YEARS)
    total = energy + yearly / HOURS_PER_YEAR
    return np.asarray(total * v["renewable.last_part"] if full else total)


def matched_costs(v: Draws, costs: Mapping[str, FloatArray]) -> FloatArray:
    """Give the cost of power matched in 95 % of hours by future year and draw [USD/MWh]."""
    return np.array([matched_cost(v, costs, t, full=False) for t in range(len(FUTURE))])


def renewable(v: Draws, costs: Mapping[str, FloatArray], grid: FloatArray, full: bool) -> BreakEven:
    """Ask when a new campus can be renewable in 95 % of hours, or in all, at an accepted premium over the grid.

    Args:
        v: Draws.
        costs: Cost of solar, wind and batteries by future year and draw.
        grid: Price of grid power with carbon, shape (years, draws) [USD/MWh].
        full: All hours in place of 95 %.
    """
    share = "all" if full else "95 % of"
    return BreakEven(
        f"renewable in {share} hours",
        f"New power from sun, wind and batteries matches {share} hours at an accepted premium over grid power",
        first_year(
            lambda year: (
                matched_cost(v, costs, year - FUTURE[0], full) <= grid[place(year)] * (1.0 + v["renewable.tolerance"])
            )
        ),
        "room and resource at the place; the grid price holds its carbon price; no firm clean plant beside",
    )
