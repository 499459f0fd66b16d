"""Price risk of the power bill: its distribution over years, and what contracts do to it.

In: simulated prices and the hourly import. Out: mean, VaR and CVaR of yearly cost, hedges and their price.
Leaves out: volume risk (the import is given), credit risk of the seller and the basis between nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.units import FloatArray


@dataclass(frozen=True)
class CostRisk:
    """A distribution of yearly cost [USD/year].

    Attributes:
        mean: Mean.
        sd: Standard deviation.
        var: Cost not exceeded with the given probability (value at risk).
        cvar: Mean cost of the years beyond it (conditional value at risk).
    """

    mean: float
    sd: float
    var: float
    cvar: float


def cost_risk(cost_usd: FloatArray, probability: float = 0.95) -> CostRisk:
    """Describe a distribution of yearly cost.

    Args:
        cost_usd: Cost of each year [USD], shape (years,).
        probability: Probability of the value at risk [1].

    Returns:
        Mean, deviation, VaR and CVaR.

    Source: Rockafellar and Uryasev 2000.

    >>> risk = cost_risk(np.arange(1.0, 101.0))
    >>> risk.mean, risk.cvar
    (50.5, 98.0)
    """
    ordered = np.sort(np.asarray(cost_usd, dtype=np.float64))
    worst = max(1, round((1.0 - probability) * ordered.size))
    return CostRisk(
        float(ordered.mean()), float(ordered.std()), float(np.quantile(ordered, probability)),
        float(ordered[-worst:].mean()),
    )  # fmt: skip


def yearly_cost(price_usd_per_mwh: FloatArray, import_mw: FloatArray) -> FloatArray:
    """Give the cost of the import at each year's prices.

    Args:
        price_usd_per_mwh: Prices [USD/MWh], shape (years, 8760).
        import_mw: Import [MW], shape (8760,).

    Returns:
        Cost [USD/year], shape (years,).

    >>> yearly_cost(np.full((2, 8760), 50.0), np.ones(8760)).tolist()
    [438000.0, 438000.0]
    """
    return np.asarray(price_usd_per_mwh @ import_mw)


@dataclass(frozen=True)
class Hedge:
    """What a fixed-price contract does.

    Attributes:
        ratio: Contract volume over the profile given [1].
        risk: Cost with the contract.
        premium_usd: Mean cost with the contract less the mean without [USD/year].
        cvar_removed_usd: CVaR without less CVaR with the contract, less the premium's part: the fall of CVaR minus
            mean [USD/year].
        premium_per_cvar: Premium paid per dollar of that fall [1]; NaN where nothing is removed.
    """

    ratio: float
    risk: CostRisk
    premium_usd: float
    cvar_removed_usd: float
    premium_per_cvar: float


def hedged_cost(
    price_usd_per_mwh: FloatArray, import_mw: FloatArray, profile_mw: FloatArray, strike_usd_per_mwh: float
) -> FloatArray:
    """Give the cost with a contract for difference on a profile.

    cost = sum of P * import - sum of profile * (P - K)

    Args:
        price_usd_per_mwh: Prices [USD/MWh], shape (years, 8760).
        import_mw: Import [MW], shape (8760,).
        profile_mw: Contract volume: flat for baseload, the plant's output for pay-as-produced, the import itself for
            24/7 [MW], shape (8760,).
        strike_usd_per_mwh: Contract price K [USD/MWh].

    Returns:
        Cost [USD/year], shape (years,).

    Source: settlement of a two-sided contract for difference.

    >>> prices = np.full((1, 8760), 90.0)
    >>> hedged_cost(prices, np.ones(8760), np.ones(8760), 50.0).tolist()
    [438000.0]
    """
    settled = price_usd_per_mwh @ profile_mw - strike_usd_per_mwh * float(profile_mw.sum())
    return np.asarray(yearly_cost(price_usd_per_mwh, import_mw) - settled)


def minimum_variance_ratio(price_usd_per_mwh: FloatArray, import_mw: FloatArray, profile_mw: FloatArray) -> float:
    """Give the share of a profile that makes the cost vary least.

    h* = cov(cost, profile value) / var(profile value)

    Args:
        price_usd_per_mwh: Prices [USD/MWh], shape (years, 8760).
        import_mw: Import [MW], shape (8760,).
        profile_mw: Contract volume [MW], shape (8760,).

    Returns:
        Ratio [1]; 0 where the profile's value never varies.

    Source: Ederington 1979.

    >>> prices = np.array([[50.0], [90.0]]) * np.ones(8760)
    >>> minimum_variance_ratio(prices, np.ones(8760), np.full(8760, 2.0))
    0.5
    """
    cost, worth = yearly_cost(price_usd_per_mwh, import_mw), price_usd_per_mwh @ profile_mw
    variance = float(np.var(worth))
    if variance <= 0.0:
        return 0.0
    return float(((cost - cost.mean()) * (worth - worth.mean())).mean() / variance)


def hedge(
    price_usd_per_mwh: FloatArray,
    import_mw: FloatArray,
    profile_mw: FloatArray,
    strike_usd_per_mwh: float,
    ratio: float = 1.0,
    probability: float = 0.95,
) -> Hedge:
    """Weigh a contract: what it costs and what risk it removes.

    Args:
        price_usd_per_mwh: Prices [USD/MWh], shape (years, 8760).
        import_mw: Import [MW], shape (8760,).
        profile_mw: Contract volume at ratio 1 [MW], shape (8760,).
        strike_usd_per_mwh: Contract price [USD/MWh].
        ratio: Share of the profile that is contracted [1].
        probability: Probability of the value at risk [1].

    Returns:
        Cost with the contract, premium and risk removed.

    Source: premium per unit of CVaR, as in markets for hedges.
    """
    before = cost_risk(yearly_cost(price_usd_per_mwh, import_mw), probability)
    after = cost_risk(hedged_cost(price_usd_per_mwh, import_mw, ratio * profile_mw, strike_usd_per_mwh), probability)
    premium = after.mean - before.mean
    removed = (before.cvar - before.mean) - (after.cvar - after.mean)
    return Hedge(ratio, after, premium, removed, premium / removed if removed > 0.0 else float("nan"))
