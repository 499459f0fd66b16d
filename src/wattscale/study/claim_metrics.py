"""The numbers that common statements are held against, from live model output and published evidence.

In: a lazy view of a scenario's stages. Out: a number with range, and what would flip the verdict.
Leaves out: the verdicts (claims.py) and the thresholds (table `claims`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from wattscale.catalog import Catalog, load_catalog
from wattscale.chain import Chain, walk
from wattscale.economics.result import CostLine
from wattscale.figure import Figure, Value
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.scenario.schema import Scenario
from wattscale.stagecache import StageCache
from wattscale.study.claim_outlook import Measure, OutlookFigures, Range
from wattscale.workload.flops import attention_flops, mean_forward_flops

LONG_CONTEXT = 131_072
"""Context of today's long-context models [token]."""
OMITTED = (
    "impact.water_m3_per_year", "impact.embodied_t", "economics.cost_of_delay_usd_per_month",
    "impact.lead_time_months", "impact.jobs_permanent_net", "economics.power_cost_cvar95_usd_per_year",
)  # fmt: skip
"""Figures that the usual story leaves out."""
OutlookSource = Callable[[Chain, Catalog], OutlookFigures]
"""Runs an outlook on the unit figures of a plan; the layer above brings it."""


class NotInPlanError(LookupError):
    """A statement needs a figure of a part, training or serving, that the plan does not have."""


class View:
    """A scenario's stages, run when first asked for and kept."""

    def __init__(self, scenario: Scenario, outlook: OutlookSource | None = None) -> None:
        self.scenario = scenario
        self._outlook = outlook
        self.catalog: Catalog = load_catalog().with_overrides(scenario.catalog)
        self._cache = StageCache()

    @cached_property
    def workload(self) -> Any:
        """Result of the workload stage."""
        return walk(self.scenario, "workload", cache=self._cache).results["workload"]

    @cached_property
    def run(self) -> Chain:
        """The whole chain."""
        return walk(self.scenario, "impact", cache=self._cache)

    @cached_property
    def outlook(self) -> OutlookFigures | None:
        """Figures of an outlook on this plan's unit figures; None where none was brought or the plan serves nothing."""
        if self._outlook is None or self.run.results["compute"].serving is None:
            return None
        return self._outlook(self.run, self.catalog)

    def changed(self, changes: Mapping[str, Any], last: str) -> Chain:
        """Run the chain up to a stage with some fields changed."""
        return walk(apply_patch(self.scenario, Patch("claim", dict(changes))), last, cache=self._cache)

    def figure(self, name: str) -> Range:
        """Give a figure of the plan with its range."""
        stage, _, key = name.partition(".")
        return figure_of(self.run, stage, key)

    def has(self, name: str) -> bool:
        """Tell whether the plan has a figure."""
        stage, _, key = name.partition(".")
        return key in self.run.results[stage].figures

    def evidence(self, key: str) -> Figure:
        """Give a figure of the table `claim_evidence`."""
        return self.catalog.figure("claim_evidence", key)

    @property
    def context(self) -> float:
        """The longer of training and serving context [token]."""
        w = self.scenario.workload
        return max(float(w.training.sequence_length), w.serving.input_tokens + w.serving.output_tokens)

    def line(self, *parts: str) -> float:
        """Sum cost lines by part [USD/year]."""
        lines: Iterable[CostLine] = self.run.results["economics"].lines
        return sum(x.total_usd_per_year for x in lines if x.part in parts)


def figure_of(chain: Chain, stage: str, key: str) -> Range:
    """Give a figure of a chain with its range.

    Raises:
        NotInPlanError: The plan lacks it.
    """
    figures = chain.results[stage].figures
    if key not in figures:
        raise NotInPlanError(f"the plan has no {stage}.{key}")
    return as_range(figures[key])


def as_range(value: Value) -> Range:
    """Give a figure as value, low and high.

    >>> as_range(2.0)
    (2.0, 2.0, 2.0)
    """
    return value if isinstance(value, tuple) else (value, value, value)


def _plan(name: str, factor: float = 1.0) -> Callable[[View], Measure]:
    """A figure of the plan, times a factor."""

    def metric(view: View) -> Measure:
        value, low, high = view.figure(name)
        return Measure(value * factor, low * factor, high * factor, sources=(name,))

    return metric


def _evidence(key: str) -> Callable[[View], Measure]:
    """A figure of the evidence as it stands."""

    def metric(view: View) -> Measure:
        found = view.evidence(key)
        return Measure(found.value, found.low, found.high, sources=(found.id,))

    return metric


def attention_share(view: View, length: float) -> float:
    """Give the share of attention in the work of a token at the mean context of a causal sequence [1]."""
    arch = view.workload.architecture
    return float(attention_flops(arch, (length + 1.0) / 2.0)) / float(mean_forward_flops(arch, length))


def _score(*holds: bool, flip: str = "") -> Measure:
    count = float(sum(holds))
    return Measure(count, count, count, flip)


def _inference_share(view: View) -> Measure:
    compute = view.run.results["compute"]
    years = next(x.life_years for x in view.run.results["economics"].lines if x.part == "accelerators")
    serving = compute.serving.energy_mwh * years if compute.serving else 0.0
    training = compute.training.energy_mwh if compute.training else 0.0
    share = serving / (serving + training) if serving + training > 0.0 else 0.0
    least = view.catalog.row("claims", "4").number("true_from")
    enough = training / serving * years * least / (1.0 - least) if serving > 0.0 else 0.0
    flip = f"serving for less than {enough:.1f} years" if serving > 0.0 else ""
    return Measure(share, share, share, flip, ("compute.training.energy_mwh", "compute.serving.energy_mwh"))


def _grid_share(view: View) -> Measure:
    supply = view.run.results["supply"]
    grid = float(supply.dispatch_mw["grid"].sum()) if "grid" in supply.dispatch_mw else 0.0
    share = grid / float(supply.load_mw.sum()) if float(supply.cfe_share.mean()) < 0.99 else 0.0
    return Measure(share, share, share, sources=("supply.cfe_hourly_share",))


def _risk(view: View) -> Measure:
    if not view.has("economics.power_cost_risk_share"):
        return Measure(0.0, 0.0, 0.0, "a power price that moves")
    value, low, high = view.figure("economics.power_cost_risk_share")
    return Measure(value, low, high, sources=("economics.power_cost_risk_share",))


def _dominant(view: View) -> Measure:
    electricity = view.figure("economics.electricity_usd_per_year")[0]
    largest = max(view.line(part) for part in ("staff", "maintenance.plant", "insurance", "water"))
    share = view.figure("economics.electricity_share")[0]
    return _score(electricity > largest, share > 0.5, flip=f"electricity is {share:.1%} of the total cost")


def _electricity_over_hardware(view: View) -> Measure:
    lines = view.run.results["economics"].lines
    hardware = next(x for x in lines if x.part == "accelerators")
    electricity = view.figure("economics.electricity_usd_per_year")[0]
    energy = float(view.run.results["supply"].load_mw.sum())
    if hardware.annuity_usd_per_year <= 0.0:
        return Measure(math.inf, math.inf, math.inf)
    price = hardware.annuity_usd_per_year / energy
    costs = hardware.annuity_usd_per_year, hardware.high_usd_per_year, hardware.low_usd_per_year
    value, low, high = (electricity / cost for cost in costs)
    flip = f"economics.electricity_price_usd_per_mwh = {price:.0f}"
    return Measure(value, low, high, flip, ("economics.electricity_usd_per_year", "economics.hardware_usd_per_year"))


def _elasticity(view: View) -> Measure:
    """Share of energy in the cost of serving: a rise of the power price by 1 % raises the cost by this much."""
    lines = view.run.results["economics"].lines
    share = view.figure("economics.electricity_share")
    energy = sum(x.total_usd_per_year for x in lines if x.segment == "energy")
    total = sum(x.total_usd_per_year for x in lines)
    value = energy / total
    tco = view.figure("economics.tco_usd_per_year")
    return Measure(
        value,
        energy / tco[2],
        energy / tco[1],
        f"electricity is {share[0]:.1%} of cost",
        ("economics.electricity_share",),
    )


def _doubling(view: View) -> Measure:
    arch, s = view.workload.architecture, view.context
    ratio = 2.0 * float(mean_forward_flops(arch, 2.0 * s)) / float(mean_forward_flops(arch, s))
    return Measure(ratio, ratio, ratio, f"a context far beyond {s:,.0f} tokens", ("workload.params_active",))


def _attention_dominates(view: View) -> Measure:
    here, far = attention_share(view, view.context), attention_share(view, LONG_CONTEXT)
    text = f"attention is {here:.1%} of the work at {view.context:,.0f} tokens, {far:.0%} at {LONG_CONTEXT:,}"
    return _score(here >= 0.5, far >= 1.0 / 3.0, flip=text)


def _efficient_attention(view: View) -> Measure:
    here, far = attention_share(view, view.context), attention_share(view, LONG_CONTEXT)
    return _score(here >= 0.2, far >= 0.2, flip=f"at most {here:.1%} of the work at {view.context:,.0f} tokens")


def _scaling_power(view: View) -> Measure:
    """Slope of ln(6 N D) in ln(N) with D in proportion to N; 1 with D held."""
    n, more = 1e9, 1.01
    slope = math.log((6.0 * n * more * n * more) / (6.0 * n * n)) / math.log(more)
    return Measure(slope, 1.0, slope, "a law in which each parameter multiplies the work")


def _more_is_better(view: View) -> Measure:
    found = view.evidence("loss.parameter_exponent")
    value, low, high = (1.0 - 2.0**-x for x in (found.value, found.low, found.high))
    return Measure(value, low, high, sources=(found.id,))


def _precision_and_data(view: View) -> Measure:
    used = {view.scenario.workload.training.precision, view.scenario.workload.serving.precision}
    ratio = view.evidence("memory.energy_of_dram_over_multiply_add")
    return _score("fp32" in used, ratio.value > 10.0, flip="training or serving in fp32")


def _communication(view: View) -> Measure:
    if not view.has("compute.training.communication_share"):
        return Measure(0.0, 0.0, 0.0, "a plan that trains")
    value, low, high = view.figure("compute.training.communication_share")
    return Measure(value, low, high, "one device", ("compute.training.communication_share",))


def _per_watt(view: View) -> Measure:
    old, new = view.catalog.row("accelerators", "V100-SXM2-16GB"), view.catalog.row("accelerators", "B200-SXM")
    gain = new.number("bf16_tflops") / new.number("tdp_w") / (old.number("bf16_tflops") / old.number("tdp_w"))
    years = new.number("release_year") - old.number("release_year")
    growth = gain ** (1.0 / years) - 1.0
    return Measure(
        growth, growth, growth, sources=("accelerators/B200-SXM.bf16_tflops", "accelerators/V100-SXM2-16GB.tdp_w")
    )


def _rebound(view: View) -> Measure:
    found = view.evidence("rebound.elasticity")
    value, low, high = (2.0 ** (x - 1.0) - 1.0 for x in (found.value, found.low, found.high))
    return Measure(value, low, high, f'catalog "{found.id}" below 0.85', (found.id,))


def _quantisation(view: View) -> Measure:
    name = "serving.joules_per_output_token"
    base = {"workload.serving.kv_precision": "bf16", "workload.serving.precision": "bf16"}
    full = figure_of(view.changed(base, "compute"), "compute", name)[0]
    fp8 = {"workload.serving.kv_precision": "fp8", "workload.serving.precision": "fp8"}
    ratio = full / figure_of(view.changed(fp8, "compute"), "compute", name)[0]
    return Measure(ratio, ratio, ratio, "4-bit formats on devices that compute in them", (f"compute.{name}",))


def _renewables(view: View) -> Measure:
    """Hourly carbon-free share of a leader; what a contract on this plan's energy would shield, in words."""
    found = view.evidence("google.hourly_carbon_free_share")
    name = "economics.option_risk_removed_share.pay-as-produced"
    if not view.has(name):
        return Measure(found.value, found.low, found.high, sources=(found.id,))
    shield = view.figure(name)[0]
    text = f"matched in 0.9 of all hours (now {found.value:g}); a solar contract removes {shield:.0%} of the price risk"
    return Measure(found.value, found.low, found.high, text, (found.id, name))


def _green_jobs(view: View) -> Measure:
    found = view.catalog.figure("multipliers", "solar.construction")
    return Measure(found.value, found.low, found.high, sources=(found.id,))


def _saving(view: View, mwh_times_usd: Range) -> Measure:
    tco = view.figure("economics.tco_usd_per_year")[0]
    value, low, high = (x / tco for x in mwh_times_usd)
    return Measure(value, low, high, sources=("economics.tco_usd_per_year", "facility.energy_mwh"))


def _location(view: View) -> Measure:
    spread, energy = view.evidence("sites.price_spread"), view.figure("facility.energy_mwh")[0]
    return _saving(view, (spread.value * energy, spread.low * energy, spread.high * energy))


def _cool_climate(view: View) -> Measure:
    mean, best = view.evidence("pue.survey_mean"), view.evidence("pue.best_fleet")
    worth = view.figure("facility.it_energy_mwh")[0] * view.figure("supply.cost_usd_per_mwh")[0]
    return _saving(
        view, ((mean.value - best.value) * worth, (mean.low - best.high) * worth, (mean.high - best.low) * worth)
    )


def _rack(view: View) -> Measure:
    rack, air = view.evidence("rack.newest"), view.evidence("rack.air_limit")
    return Measure(rack.value / air.value, rack.low / air.high, rack.high / air.low, sources=(rack.id, air.id))


def _jobs(view: View) -> Measure:
    capital = view.figure("economics.capital_usd")[0] / 1e6
    net = view.figure("impact.jobs_permanent_net")[0] / capital if capital > 0.0 else 0.0
    build = view.figure("impact.jobs_construction_job_years")[0]
    return _score(build > 100.0, net > 1.0, flip=f"{net:.3f} net permanent jobs per million dollars")


def _edge(view: View) -> Measure:
    joules, params = view.evidence("edge.joules_per_token"), view.evidence("edge.params")
    central = view.figure("compute.serving.it_joules_per_output_token")[0] * view.figure("facility.pue")[0]
    active = view.figure("workload.params_active")[0]
    return _score(
        joules.value < central, joules.value / params.value < central / active,
        flip=f"{joules.value:g} J per token of a small model at the edge, {central:.1f} J of the plan's model",
    )  # fmt: skip


def _decentralised(view: View) -> Measure:
    use, devices = view.evidence("decentralised.utilisation"), view.evidence("decentralised.devices")
    return _score(use.value > 0.8, devices.value > 0.1 * view.evidence("frontier.devices").value)


def _delay(view: View) -> Measure:
    month, capital = view.figure("economics.cost_of_delay_usd_per_month")[0], view.figure("economics.capital_usd")[0]
    share = month / capital if capital > 0.0 else 0.0
    return Measure(share, share, share, sources=("economics.cost_of_delay_usd_per_month",))


def _shown(view: View) -> Measure:
    count = float(sum(view.has(name) for name in OMITTED))
    return Measure(count, count, count, sources=OMITTED)


METRICS: Mapping[str, Callable[[View], Measure]] = {
    "1": _evidence("params.gpt4_total"), "2": _plan("compute.training.devices"),
    "3": _plan("impact.training_run_households"), "4": _inference_share,
    "5": _evidence("growth.data_centre_electricity"), "6": _grid_share, "7": _risk, "8": _dominant,
    "9": _electricity_over_hardware, "10": _elasticity, "11": _doubling, "12": _attention_dominates,
    "13": _scaling_power, "14": _more_is_better, "15": _precision_and_data, "16": _communication, "17": _per_watt,
    "18": _rebound, "19": _quantisation, "20": _efficient_attention,
    "21": _renewables, "22": _green_jobs, "23": _location, "24": _cool_climate,
    "25": _rack, "26": _evidence("market.capex_five_firms"), "27": _jobs, "28": _elasticity,
    "29": _evidence("emissions.change_2024_2035"), "30": _plan("economics.capital_usd_per_mw_it", 1000.0),
    "31": _plan("impact.lead_time_months"), "32": _plan("impact.supply_hhi_max"),
    "33": _evidence("accelerated.share_of_data_centre_electricity_2030"),
    "34": _evidence("google.hourly_carbon_free_share"), "35": _edge,
    "36": _evidence("neuromorphic.joules_per_token"), "37": _evidence("neuromorphic.joules_per_token"),
    "38": _evidence("quantum.breakeven_days"), "39": _decentralised, "40": _delay, "41": _shown,
}  # fmt: skip
"""Metric by number of the statement."""
