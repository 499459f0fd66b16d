"""Cost of hourly carbon-free matching: the tables and the chart of docs/method/hourly-matching.md.

    python benchmarks/hourly_matching.py [--out docs/method]

Plans the campus of examples/03_clean_campus.toml at rising targets with three sets of technologies.
Prints a Markdown table and writes hourly-matching.svg.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import vl_convert

from wattscale.catalog import load_catalog
from wattscale.chain import walk
from wattscale.scenario.load import load_scenario
from wattscale.supply.stage import run

ROOT = Path(__file__).resolve().parents[1]
TARGETS = (0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
BASE = ["grid", "solar", "wind", "battery"]
SETS = {
    "solar, wind, battery": BASE,
    "with long-duration storage": [*BASE, "long-duration-storage"],
    "with small nuclear": [*BASE, "smr"],
}


def plan(chain, table, rate, **changes):
    update = {"cfe_hourly_share": None, "connection_mw": None, **changes}
    return run(table.model_copy(update=update), chain.facility().power_mw, chain.site(), load_catalog(), rate)


def rows():
    scenario = load_scenario(ROOT / "examples" / "03_clean_campus.toml")
    chain, table, rate = walk(scenario, "facility"), scenario.supply, scenario.economics.discount_rate
    found = []
    for label, words in SETS.items():
        for target in TARGETS:
            r = plan(chain, table, rate, technologies=words, cfe_hourly_share=target)
            found.append(_row(label, target, r))
    return found


def _row(label, target, r):
    f = r.figures
    return {"set": label, "target": target, "cost": f["cost_usd_per_mwh"][0], "hourly": f["cfe_hourly_share"],
            "curtailed": f["curtailment_share"], "gap": f["solver_gap"]}  # fmt: skip


def spec(found):
    axis = {"labelFontSize": 12, "titleFontSize": 12}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json", "width": 520, "height": 300,
        "data": {"values": [{**r, "target": 100 * r["target"]} for r in found]},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "target", "type": "quantitative", "title": "Hourly carbon-free share asked [%]",
                  "scale": {"domain": [60, 100]}, "axis": axis},
            "y": {"field": "cost", "type": "quantitative", "title": "Cost of supply [USD/MWh]", "axis": axis},
            "color": {"field": "set", "type": "nominal", "title": None, "sort": list(SETS),
                      "scale": {"range": ["#0072b2", "#e69f00", "#009e73"]}, "legend": {"orient": "bottom"}},
            "shape": {"field": "set", "type": "nominal", "title": None, "sort": list(SETS)},
        },
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "method")
    out = parser.parse_args().out
    found = rows()
    print(
        "| technologies | asked | cost USD/MWh | hourly share | curtailed | certified gap |\n|---|---|---|---|---|---|"
    )
    for r in found:
        print(f"| {r['set']} | {r['target']:.0%} | {r['cost']:.1f} | {r['hourly']:.1%} | {r['curtailed']:.0%} "
              f"| {r['gap']:.0e} |", flush=True)  # fmt: skip
    (out / "hourly-matching.svg").write_text(vl_convert.vegalite_to_svg(json.dumps(spec(found))))


if __name__ == "__main__":
    main()
