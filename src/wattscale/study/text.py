"""Studies, levers and sites in plain words, for the terminal.

In: summaries and results. Out: text with tables, three significant digits.
Leaves out: full precision, which `--json` and the folder of a study hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wattscale.catalog.specs import spec_of
from wattscale.report.words import digits, people, scale
from wattscale.screen import text_table
from wattscale.site.location import FAR_KM
from wattscale.study.claims import Claim
from wattscale.study.levers import Lever, LeverStudy
from wattscale.study.sampling import DRAWS
from wattscale.study.sites import SiteRanking
from wattscale.study.split import SplitRanking

if TYPE_CHECKING:
    import pandas as pd

DRIVERS_SHOWN = 5
"""Inputs listed for each figure."""
WEAK = 0.01
"""Inputs with an effect below this are not listed."""
LIGHT, WEAK_SHOWN = 0.001, 40
"""Weak figures that move no headline by this share [1] are not listed, nor more than this many."""


def study_text(found: Mapping[str, Any]) -> str:
    """Tell a study's summary.

    Args:
        found: Summary, as `summary` gives it.

    Returns:
        Quantiles with their Monte Carlo error, drivers, failures and where the time went.
    """
    failed = found["failed"]
    parts = [f"{found['name']}: {found['cases']} cases ({found['method']}), {failed['cases']} failed", ""]
    parts.append(_figure_table(found["figures"], errors=found["method"] in DRAWS))
    drivers = [_driver_line(name, rows) for name, rows in found["drivers"].items()]
    if any(drivers):
        parts += ["", "What drives the answer, strongest first:", *(line for line in drivers if line)]
    if failed["cases"]:
        parts += ["", "Failed:"]
        parts += [f"  {c['cases']} x {c['cause']} (cases {_listed(c['first'])})" for c in failed["causes"]]
    parts += ["", f"Time: {found['stages']['seconds']:.3g} s of computing; {_shares(found['stages'])}"]
    return "\n".join(parts)


def weak_text(found: pd.DataFrame) -> str:
    """Tell the weak figures of a plan, heaviest first.

    Args:
        found: Table of `weak.weak_figures`.
    """
    told_first = (found["weight"] >= LIGHT) | found["moves"].astype(str).str.contains("no plan")
    heavy = found[told_first].head(WEAK_SHOWN)
    rows: list[tuple[str, ...]] = [
        ("figure", "moves", "by up to", "value (range)", "confidence", "what would narrow it")
    ]
    for _, row in heavy.iterrows():
        ends = f" ({row['low']:.3g} to {row['high']:.3g})" if row["ranged"] else " (no range: a quarter)"
        value = f"{row['value']:.3g}{ends}" + (f" {row['unit']}" if row["unit"] != "1" else "")
        share = f"{100.0 * row['weight']:.3g} %"
        rows.append((row["figure"], row["moves"], share, value, row["confidence"], row["narrowed_by"]))
    left = len(found) - len(heavy)
    told = f"{left} more weak figures move no headline by more; --json lists them all." if left else ""
    return "\n".join([text_table(rows, words=(1, 3, 4, 5)), "", told]).rstrip()


def _figure_table(figures: Mapping[str, Mapping[str, float]], errors: bool) -> str:
    """Lay out mean and quantiles, all of a figure in one unit, which stands behind its name."""
    head = ("figure", "mean", "5 %", "median", "95 %", "error of median")
    rows: list[tuple[str, ...]] = [head if errors else head[:-1]]
    for name, s in figures.items():
        if not s["n"]:
            rows.append((name, "no value", *[""] * (len(rows[0]) - 2)))
            continue
        spec = spec_of(name)
        shown = scale(max(s["mean"], s["p05"], s["p95"], key=abs), spec.unit if spec else "", name)
        keys = ("mean", "p05", "p50", "p95", *(["p50_error"] if errors else []))
        unit = f" [{shown.unit}]" if shown.unit else ""
        rows.append((name + unit, *(digits(s[k] / shown.factor) for k in keys)))
    return text_table(rows, words=(0,))


def _driver_line(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    said = []
    for row in rows[:DRIVERS_SHOWN]:
        effect = row.get("st", row.get("mu_star", row.get("rank_correlation")))
        if abs(effect) < WEAK * (1.0 if "mu_star" not in row else max(rows[0]["mu_star"], 1e-300)):
            continue
        if "st" in row:
            said.append(f"{row['key']} (S1 {row['s1']:.2f}, ST {row['st']:.2f})")
        elif "mu_star" in row:
            said.append(f"{row['key']} (mu* {row['mu_star']:.3g})")
        else:
            said.append(f"{row['key']} ({row['rank_correlation']:+.2f})")
    return f"  {name}: {', '.join(said)}" if said else ""


def _shares(stages: Mapping[str, float]) -> str:
    spent = [(name, share) for name, share in stages.items() if name != "seconds" and share >= 0.005]
    return ", ".join(f"{name} {100 * share:.0f} %" for name, share in sorted(spent, key=lambda s: -s[1]))


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(n) for n in numbers)


def levers_text(found: LeverStudy) -> str:
    """Tell what levers save: alone, in order and as their exact share, and what carbon costs to avoid."""
    parts = ["Savings over a year by lever: alone / in this order / exact (Shapley) share of all together", ""]
    head = ("lever", "energy", "cost", "carbon", "water", "capital")
    metrics = ("energy_mwh", "cost_usd_per_year", "carbon_t_per_year", "water_m3_per_year", "capital_usd")
    rows: list[tuple[str, ...]] = [head]
    for lever in found.levers:
        kinds = (found.alone, found.in_order, found.shapley)
        rows.append((lever.name, *(_three([k[lever.name][m] for k in kinds], found.baseline[m]) for m in metrics)))
    joint = (_percent(found.baseline[m] - found.joint[m], found.baseline[m]) for m in metrics)
    parts += [text_table([*rows, ("all", *joint)]), "", "Abatement, each lever on top of those before it:", ""]
    steps: list[tuple[str, ...]] = [("lever", "carbon avoided", "cost of a tonne", "payback", "")]
    for step in found.abatement:
        cost, payback = step["cost_usd_per_t"], step["payback_years"]
        steps.append((
            str(step["lever"]), people(step["carbon_t_per_year"], "t/year"),
            "–" if cost is None else people(cost, "USD/t"), "never" if payback is None else f"{payback:.1f} years",
            "" if step["additive"] else "not additive",
        ))  # fmt: skip
    parts.append(text_table(steps))
    if any((step["cost_usd_per_t"] or 0.0) < 0 for step in found.abatement):
        parts += ["", "A negative cost per tonne leaves out the effort of the change and any loss of quality."]
    titles = [f"  {lever.name}: {lever.title}{_quality(lever)}" for lever in found.levers]
    return "\n".join([*parts, "", *titles, *(f"  Note: {note}" for note in found.notes)])


def _three(saved: Sequence[float], base: float) -> str:
    return " / ".join(f"{100 * s / base:.1f}" for s in saved).replace("-", "−") + " %" if base else "–"


def _percent(saved: float, base: float) -> str:
    return f"{100 * saved / base:.1f} %".replace("-", "−") if base else "–"


def _quality(lever: Lever) -> str:
    return f" ({lever.quality})" if lever.quality else ""


def sites_text(found: SiteRanking, shown: int = 15) -> str:
    """Tell a ranking of places, best first."""
    rows: list[tuple[str, ...]] = [
        ("place", "score", "first in", "top 5 in", "Pareto", "cost", "of which delay", "carbon", "water", "power in")
    ]
    for place in found.places[:shown]:
        value = place.figures.get
        rows.append((
            place.name, f"{place.score:.2f}", f"{100 * place.first_share:.0f} %", f"{100 * place.top_share:.0f} %",
            "yes" if place.pareto else "", people(place.cost_usd_per_year, "USD/year"),
            people(place.delay_usd_per_year, "USD/year"), people(value("impact.carbon_t_per_year") or 0.0, "t/year"),
            people(value("impact.water_total_m3_per_year") or 0.0, "m3/year"),
            "unknown" if (wait := value("economics.time_to_power_years")) is None else f"{wait:.1f} years",
        ))  # fmt: skip
    more = len(found.places) - shown
    parts = [text_table(rows)]
    if more > 0:
        parts.append(f"... and {more} more that pass")
    if found.limits:
        parts += ["", f"{len(found.excluded)} places break a limit ({', '.join(found.limits)})"]
        parts += [f"  {name}: {why}" for name, why in found.excluded[:DRIVERS_SHOWN]]
    parts += [f"Not planned: {name}: {why}" for name, why in found.failed]
    parts += [
        f"{place.name} lies {people(km, 'km')} from the nearest place of the catalogue, whose prices, carbon, water "
        "and wait for power it takes"
        for place in found.places[:shown]
        if (km := place.figures.get("site.site_distance_km") or 0.0) > FAR_KM
    ]
    parts += ["", "Score: cost, carbon, water stress, rule of law and time to power under weights drawn at random."]
    return "\n".join(parts)


def split_text(found: SplitRanking, shown: int = 10) -> str:
    """Tell where to train and where to serve."""
    return "\n".join(
        ["Training", "", sites_text(found.training, shown), "", "Serving", "", sites_text(found.serving, shown)]
    )


def claims_text(found: Sequence[Claim]) -> str:
    """Tell statements with their number, verdict and what would flip it."""
    parts = []
    for claim in found:
        ends = {claim.verdict_low, claim.verdict_high} - {claim.verdict}
        doubt = f" ({' or '.join(sorted(ends))} within its range)" if ends else ""
        parts += [f"{claim.id}. {claim.statement}", f"   {claim.verdict.upper()}{doubt}: {claim.form}"]
        if claim.verdict != "untestable":
            parts[-1] += f" = {claim.value:.3g} {'' if claim.unit == '1' else claim.unit}".rstrip()
            parts.append(f"   Rule: {claim.threshold}. Flips: {claim.flip}")
        parts.append("")
    return "\n".join(parts).rstrip()
