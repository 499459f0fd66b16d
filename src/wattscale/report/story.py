"""The first page in plain words: what was asked, what it takes, what it costs, what it emits, how sure it is.

In: a plan. Out: short paragraphs for a reader who knows none of the trade's words.
Leaves out: what the plan does not have; a sentence whose figure is missing is not written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wattscale.report.basis import confidence_counts
from wattscale.report.brief import BREAK_EVEN_SHARE, contract_line, currency_line, scope2_line, start_line
from wattscale.report.tables import full_title, is_key, place_name
from wattscale.report.words import is_wide, listed, name_for_people, people, round_words, scale

if TYPE_CHECKING:
    from wattscale.result import Plan, PlanFigure

MOST_DOUBTED = 3
"""Figures named as the widest in the paragraph on uncertainty."""


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of the first page."""

    heading: str
    sentences: tuple[str, ...]


def story(plan: Plan) -> list[Paragraph]:
    """Tell a plan in plain words.

    Args:
        plan: The plan.

    Returns:
        Paragraphs in reading order, those without a sentence left out.
    """
    parts = (
        ("What was asked", _asked(plan)),
        ("What it takes", _takes(plan)),
        ("How it is powered", _powered(plan)),
        ("What it costs", _costs(plan)),
        ("What it does to the world around it", _effects(plan)),
        ("How sure this is", _doubts(plan)),
    )
    return [Paragraph(heading, tuple(map(round_words, sentences))) for heading, sentences in parts if sentences]


def said(plan: Plan, name: str) -> str:
    """Write a figure for a sentence, "about" before it where its range is wide; empty where the plan lacks it."""
    figure = plan.figures.get(name)
    if figure is None:
        return ""
    text = people(figure.value, figure.unit, figure.name, figure.low == figure.high)
    return f"about {text}" if is_wide(figure.value, figure.low, figure.high) else text


def _written(sentences: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Keep the sentences whose figures are all there."""
    return [text.format(*parts) for text, parts in sentences if all(parts)]


def _asked(plan: Plan) -> list[str]:
    s = plan.scenario
    model = s.workload.model.rsplit("/", 1)[-1].removesuffix(".json")
    sentences = []
    if plan.workload.training is not None:
        tokens = people(plan.workload.training.recipe.tokens, "1")
        runs = s.workload.training.runs_per_year
        often = "once a year" if runs == 1 else f"{people(runs, '1')} times a year"
        sentences.append(f"Train the language model {model} on {tokens} tokens (pieces of words), {often}.")
    if plan.workload.serving is not None:
        work = plan.workload.serving
        daily = people(work.requests_per_year / 365, "1", exact=True)
        sentences.append(
            f"Serve {'it' if sentences else model} to {daily} requests a day, each with "
            f"{people(work.input_tokens, '1', exact=True)} tokens in and "
            f"{people(work.output_tokens, '1', exact=True)} tokens out."
        )
    sentences.append(f"Do this in {place_name(plan)}, in a building with {s.facility.cooling} cooling.")
    if s.supply.cfe_hourly_share:
        sentences.append(
            f"At least {people(s.supply.cfe_hourly_share, '1', 'share')} of the energy must be carbon free "
            "in the hour it is used."
        )
    return sentences


def _takes(plan: Plan) -> list[str]:
    training, serving = plan.compute.training, plan.compute.serving
    found = []
    if training is not None:
        found += _written([
            ("Training takes {} {} accelerators for {}.",
             (said(plan, "compute.training.devices"), training.accelerator, said(plan, "compute.training.days"))),
            ("It uses {} of the arithmetic that the machines could do.", (said(plan, "compute.training.mfu"),)),
        ])  # fmt: skip
    if serving is not None:
        found += _written([
            ("Serving takes {} {} accelerators; a reader waits {} for the first word.",
             (said(plan, "compute.serving.devices"), serving.accelerator, said(plan, "compute.serving.ttft_s"))),
            ("Each token written takes {} at the machines.",
             (said(plan, "compute.serving.joules_per_output_token").removesuffix("/token"),)),
        ])  # fmt: skip
    return found + _written([
        ("The campus draws {} in its busiest hour and {} in a year, as much electricity as {} households.",
         (said(plan, "facility.peak_mw"), said(plan, "facility.energy_mwh").removesuffix(" a year"),
          said(plan, "impact.households_equivalent"))),
        ("For each kilowatt-hour that the machines use, the building uses {} in all (PUE).",
         (said(plan, "facility.pue"),)),
    ])  # fmt: skip


def _powered(plan: Plan) -> list[str]:
    total = sum(float(s.sum()) for n, s in plan.supply.dispatch_mw.items() if n not in plan.supply.storage_mwh)
    parts = []
    for name, series in sorted(plan.supply.dispatch_mw.items(), key=lambda item: -float(item[1].sum())):
        share = float(series.sum()) / total if total else 0.0
        if share >= 0.005 and name not in plan.supply.storage_mwh:
            parts.append(f"{name_for_people(name).lower()} ({share:.0%})")
    found = [f"The power comes from {listed(parts)}."] if parts else []
    built = [
        f"{people(mw, 'MW')} of {name_for_people(name).lower()}"
        for name, mw in plan.supply.capacity_mw.items()
        if name not in ("grid", "unserved") and mw > 0.05
    ]
    if built:
        found.append(f"The least-cost supply builds {listed(built)}.")
    return found + _written([
        ("A megawatt-hour costs {} in all, and {} of the energy is carbon free in the hour it is used.",
         (said(plan, "supply.cost_usd_per_mwh").removesuffix("/MWh"), said(plan, "supply.cfe_hourly_share"))),
    ])  # fmt: skip


def _costs(plan: Plan) -> list[str]:
    lines = plan.economics.lines
    capital = sum(line.capital_usd for line in lines)
    found = [f"Building it takes {people(capital, 'USD')} of capital."] if capital > 0 else []
    found += _written([
        ("Owning and running it costs {}, of which electricity is {}.",
         (said(plan, "economics.tco_usd_per_year"), said(plan, "economics.electricity_share"))),
    ])  # fmt: skip
    token = said(plan, "economics.usd_per_mtok").removesuffix(" per million tokens")
    share = said(plan, "economics.training_share_of_tokens") if plan.compute.training is not None else ""
    alone = said(plan, "economics.usd_per_mtok_serving_only").removesuffix(" per million tokens")
    part = f", {share} of it for training" if share else ""
    part += f"; serving alone costs {alone}" if share and alone else ""
    found += _written([(f"A million tokens written cost {{}}{part}.", (token,))])
    npv = plan.figures.get("economics.npv_usd")
    if npv is not None:
        verdict = "earns more than it costs" if npv.value > 0 else "does not earn back its cost"
        worth = f": a net present value of {said(plan, npv.name)}{_between(npv)}"
        if abs(npv.value) < BREAK_EVEN_SHARE * capital:
            verdict, worth = "just earns back its cost", ""
        found.append(f"{_sales(plan)}, it {verdict}{worth}.")
    alone = said(plan, "economics.npv_runs_paid_usd")
    if alone:
        found.append(f"Where the tokens sold must pay for the model's own training runs too, that value is {alone}.")
    code = plan.scenario.economics.currency
    found += _written([
        ("The power contracts: {}.", (contract_line(plan),)),
        (f"In {code} that is {{}}.", (currency_line(plan),)),
    ])  # fmt: skip
    delay = said(plan, "economics.cost_of_delay_usd_per_month").removesuffix(" a month")
    return found + _written([("Each month of delay costs {}.", (delay,))])


def _sales(plan: Plan) -> str:
    """Say what is sold at which price; training without a price counts as paid at its own cost."""
    parts = []
    if plan.compute.serving is not None:
        parts.append(f"at {people(plan.scenario.economics.price_per_mtok_usd, 'USD')} per million tokens sold")
    if plan.compute.training is not None:
        price = plan.scenario.economics.training_price_usd_per_device_hour
        paid = "its own cost" if price is None else f"{people(price, 'USD')} an accelerator-hour"
        parts.append(f"with training paid at {paid}")
    text = " and ".join(parts)
    return text[:1].upper() + text[1:]


def _effects(plan: Plan) -> list[str]:
    return _written([
        ("The power used emits {} of CO₂ a year; making the machines, the building and the plants emits {} once.",
         (said(plan, "impact.carbon_t_per_year").removesuffix(" a year"), said(plan, "impact.embodied_t"))),
        ("By method of reporting: {}.", (scope2_line(plan),)),
        ("It uses {} of water a year.", (said(plan, "impact.water_m3_per_year").removesuffix(" a year"),)),
        ("Construction gives {} of work, and {} stay.",
         (said(plan, "impact.jobs_construction_job_years"), said(plan, "impact.jobs_permanent"))),
        ("Operation can start in {}.", (start_line(plan),)),
    ])  # fmt: skip


def _doubts(plan: Plan) -> list[str]:
    counts = confidence_counts(plan)
    total = sum(counts.values())
    found = []
    if total:
        firm, weak = counts["measured"] + counts["published"], counts["estimated"] + counts["unverified"]
        found.append(
            f"The plan rests on {total} catalogue figures: {firm} are measured or published, {weak} are estimates "
            "or could not be verified."
        )
    wide = sorted(
        (f for f in plan.figures.values() if is_key(f.name) and f.high > f.low and (f.low > 0 or f.high < 0)),
        key=lambda f: -(f.high - f.low) / abs(f.value),
    )[:MOST_DOUBTED]
    if wide:
        named = [f"{_lower(full_title(f))}{_between(f)}" for f in wide]
        found.append(f"The widest ranges are those of {listed(named)}.")
    open_sign = [_lower(full_title(f)) for f in plan.figures.values() if is_key(f.name) and f.low < 0 < f.high]
    if open_sign:
        found.append(f"Even the sign of {listed(open_sign)} is open.")
    if plan.warnings:
        number = len(plan.warnings)
        found.append(f"{number} warning{'s' if number > 1 else ''} below say{'' if number > 1 else 's'} what to check.")
    return found


def _between(figure: PlanFigure) -> str:
    if figure.high <= figure.low:
        return ""
    return f" ({scale(figure.value, figure.unit, figure.name).span(figure.low, figure.high)})"


def _lower(title: str) -> str:
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
