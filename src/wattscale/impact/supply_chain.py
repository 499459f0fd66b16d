"""Supply chain: how concentrated each stage is, and what disruptions may cost.

In: what a plan buys, tables of shares and scenarios, the cost of a month of delay. Out: concentration, expected loss
and the severity curve.
Leaves out: links between scenarios (a crisis strikes several stages at once) and price rises short of a stop.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wattscale.catalog import Catalog
from wattscale.economics.result import CostLine
from wattscale.economics.tokens import DEVICE_SEGMENTS
from wattscale.economics.waiting import MONTHS_PER_YEAR


def hhi(shares: Iterable[float]) -> float:
    """Give the concentration of shares: the Herfindahl-Hirschman index.

    HHI = sum of s^2, from near 0 to 1; what the shares leave to 1 counts as many small ones.

    Args:
        shares: Shares of the stage [1].

    Returns:
        Index [1].

    Source: US DOJ and FTC, merger guidelines (there times 10,000).

    >>> round(hhi([0.5, 0.3, 0.2]), 2)
    0.38
    """
    return sum(share**2 for share in shares)


@dataclass(frozen=True)
class Concentration:
    """How concentrated a stage is.

    Attributes:
        stage: Stage of the table `supply_stages`.
        title: Name for people.
        hhi: Herfindahl-Hirschman index [1].
        effective_number: Equal shares that would be as concentrated [1].
        largest: Name of the largest.
        largest_share: Its share [1].
    """

    stage: str
    title: str
    hhi: float
    effective_number: float
    largest: str
    largest_share: float


def concentrations(bought: Iterable[str], catalog: Catalog) -> list[Concentration]:
    """Give the concentration of every stage that a plan needs, most concentrated first.

    Args:
        bought: What the plan buys: `devices`, `building` and technologies.
        catalog: The catalogue.

    Returns:
        Stages.

    Source: tables `supply_stages` and `supply_chain`.

    >>> from wattscale.catalog import load_catalog
    >>> concentrations(["devices"], load_catalog())[0].largest
    'ASML'
    """
    wanted = set(bought)
    found = []
    for stage in catalog.rows("supply_stages"):
        if not wanted & set(stage.text("bought_with").split(";")):
            continue
        shares = {
            row.text("entity"): row.number("share")
            for row in catalog.rows("supply_chain")
            if row.text("stage") == stage.name
        }
        if shares:
            index = hhi(shares.values())
            largest = max(shares, key=lambda name: shares[name])
            found.append(Concentration(stage.name, stage.text("title"), index, 1.0 / index, largest, shares[largest]))
    return sorted(found, key=lambda each: -each.hhi)


def lost_years(loss_share: float, duration_years: float, inventory_years: float, substitution_years: float) -> float:
    """Give the output lost in a disruption, in years of full output.

    L = d * integral from I to D of exp(-(t - I) / tau) dt = d * tau * (1 - exp(-(D - I) / tau))

    Args:
        loss_share: Share of the stage's output lost d [1].
        duration_years: Duration D [year].
        inventory_years: Stock that bridges the start I [year].
        substitution_years: Time constant of substitution tau [year]; infinite for none.

    Returns:
        Lost output [year].

    Source: ours, after models of inoperability with recovery (Lian and Haimes 2006).

    >>> lost_years(0.5, 2.0, 1.0, math.inf)
    0.5
    """
    left = duration_years - inventory_years
    if left <= 0.0:
        return 0.0
    if math.isinf(substitution_years):
        return loss_share * left
    return loss_share * substitution_years * (1.0 - math.exp(-left / substitution_years))


@dataclass(frozen=True)
class Disruption:
    """One scenario as it strikes a plan.

    Attributes:
        title: Name for people.
        stage: Stage struck.
        probability: Probability with range [1/year].
        lost_years: Output lost in years of full output [year].
        loss_usd: What that delay costs the plan [USD].
    """

    title: str
    stage: str
    probability: tuple[float, float, float]
    lost_years: float
    loss_usd: float

    @property
    def expected_usd(self) -> float:
        """Expected loss [USD/year]."""
        return self.probability[0] * self.loss_usd


def exposures(lines: Sequence[CostLine], delay_usd_per_month: float, plants: Mapping[str, float]) -> dict[str, float]:
    """Give what a month without a delivery costs, by what is delivered.

    Devices that do not come are not paid for: what stands idle is all other capital, and the margin is lost. Where
    the building is late, all capital waits.

    Args:
        lines: Cost lines.
        delay_usd_per_month: Cost of a month of delay of the whole plan [USD/month].
        plants: Cost of a month without each power plant [USD/month].

    Returns:
        Cost by `devices`, `building` and technology [USD/month].

    Source: ours.

    >>> one = CostLine("accelerators", "accelerators", 600.0, 5.0, 120.0, 0.0, 120.0, 120.0)
    >>> exposures([one], 15.0, {"solar": 3.0})
    {'devices': 5.0, 'building': 15.0, 'solar': 3.0}
    """
    hardware = sum(line.annuity_usd_per_year for line in lines if line.segment in DEVICE_SEGMENTS)
    devices = max(0.0, delay_usd_per_month - hardware / MONTHS_PER_YEAR)
    return {"devices": devices, "building": delay_usd_per_month, **plants}


def disruptions(
    bought: Iterable[str], delay_usd_per_month: float | Mapping[str, float], catalog: Catalog
) -> list[Disruption]:
    """Give the scenarios that can strike a plan, dearest first.

    A stage that makes less delays a plan that is buying by the output lost; the delay is worth its cost by month.

    Args:
        bought: What the plan buys.
        delay_usd_per_month: Cost of a month of delay, one for all or by what is bought [USD/month].
        catalog: The catalogue.

    Returns:
        Scenarios.

    Source: table `disruptions`; probabilities are judgements.
    """
    wanted = set(bought)
    found = []
    for row in catalog.rows("disruptions"):
        stage = catalog.row("supply_stages", row.text("stage"))
        struck = wanted & set(stage.text("bought_with").split(";"))
        if not struck:
            continue
        costs = delay_usd_per_month
        month = max(costs.get(each, 0.0) for each in struck) if isinstance(costs, Mapping) else costs
        share = catalog.row("supply_chain", f"{stage.name}/{row.text('entity')}").number("share")
        years = lost_years(
            share * row.number("loss_share"), row.number("duration_years"), row.number("inventory_years"),
            row.number("substitution_years"),
        )  # fmt: skip
        odds = (row.number("probability"), row.number("probability_low"), row.number("probability_high"))
        loss = years * MONTHS_PER_YEAR * month
        found.append(Disruption(row.text("title"), stage.name, odds, years, loss))
    return sorted(found, key=lambda each: -each.loss_usd)


def expected_loss_usd(scenarios: Iterable[Disruption]) -> tuple[float, float, float]:
    """Sum the expected loss over scenarios, with the range of their probabilities [USD/year].

    >>> expected_loss_usd([Disruption("x", "hbm", (0.1, 0.0, 0.5), 1.0, 100.0)])
    (10.0, 0.0, 50.0)
    """
    central, low, high = (sum(each.probability[i] * each.loss_usd for each in scenarios) for i in range(3))
    return central, low, high


def severity_curve(scenarios: Sequence[Disruption]) -> list[tuple[float, float]]:
    """Give how often a loss at least so large comes: loss [USD] and probability [1/year], largest first.

    Args:
        scenarios: Scenarios.

    Returns:
        Points; the probability is that of at least one of the scenarios as dear or dearer, taken as independent.

    >>> ones = [Disruption("a", "s", (0.1, 0, 1), 1.0, 5.0), Disruption("b", "s", (0.2, 0, 1), 1.0, 9.0)]
    >>> [(loss, round(p, 2)) for loss, p in severity_curve(ones)]
    [(9.0, 0.2), (5.0, 0.28)]
    """
    points, none = [], 1.0
    for each in sorted(scenarios, key=lambda s: -s.loss_usd):
        none *= 1.0 - each.probability[0]
        points.append((each.loss_usd, 1.0 - none))
    return points
