"""Published figures that no part of the outlook was fitted to: the band must hold most of them, and not be wide."""

import numpy as np
import pytest

from wattscale.validation import outlook as kind

OTHERS = (
    ("dc_total", "China", "electricity_use", 2030, "Base", 277, "IEA 2025, Energy and AI"),
    ("dc_total", "Europe", "electricity_use", 2030, "Base", 113, "IEA 2025"),
    ("dc_total", "global", "electricity_use", 2035, "Headwinds", 700, "IEA 2025"),
    ("dc_total", "global", "electricity_use", 2035, "High Efficiency", 970, "IEA 2025"),
    ("dc_total", "US", "electricity_use", 2028, "low", 325, "LBNL 2024, low end"),
    ("dc_total", "US", "electricity_use", 2028, "high", 580, "LBNL 2024, high end"),
    ("dc_total", "US", "share_of_electricity", 2023, "", 4.4, "LBNL 2024"),
    ("dc_total", "US", "share_of_electricity", 2030, "higher", 9.1, "EPRI 2024"),
    ("dc_total", "US", "demand_power", 2035, "BNEF", 106, "BloombergNEF 2025"),
    ("dc_total", "global", "capacity", 2030, "McKinsey-fast", 298, "McKinsey 2024, fastest case"),
    ("dc_total", "global", "capacity", 2030, "Goldman", 122, "Goldman Sachs 2025"),
    ("dc_total", "global", "capacity", 2027, "Goldman", 84, "Goldman Sachs 2025"),
    ("dc_ai", "global", "electricity_use", 2030, "Gartner", 432, "Gartner 2025"),
    ("dc_investment", "global", "cumulative_2025_2030", 2030, "AI", 5.2, "McKinsey 2025, trillion USD"),
    ("llm_price", "global", "price", 2024.87, "MMLU>=42", 0.06, "a16z 2024"),
    ("llm_price", "global", "price", 2024.79, "GPT-3.5 level", 0.07, "Stanford AI Index 2025"),
    ("energy_per_prompt", "google", "median_text_prompt", 2025.37, "accelerator-only", 0.10, "Google 2025"),
    ("pue", "global_survey", "average", 2014, "", 1.70, "Uptime Institute 2014"),
    ("pue", "global_survey", "average", 2020, "", 1.59, "Uptime Institute 2020"),
    ("pue", "global_survey", "average", 2024, "", 1.56, "Uptime Institute 2024"),
    ("pue", "meta", "fleet", 2023, "", 1.08, "Meta 2024"),
)
"""Series, place, metric, year, scenario, value, publisher, from memory of the publications: a check, not an input."""


@pytest.mark.slow
def test_the_band_holds_about_80_percent_of_figures_it_never_saw(units, catalog, monkeypatch):
    monkeypatch.setattr(kind, "planned_units", lambda *_: units)
    monkeypatch.setattr(kind, "DRAWS", 600)
    kind._view.cache_clear()
    rows = [
        {
            "series": s,
            "region": r,
            "metric": m,
            "year": str(y),
            "scenario": c,
            "unit": "USD_trillion" if "cum" in m else "",
        }
        for s, r, m, y, c, _, _ in OTHERS
    ]
    found, skipped = kind.predict(rows, catalog)
    kind._view.cache_clear()
    assert not skipped
    inside = [p.low["mid"] <= OTHERS[p.row][5] <= p.high["mid"] for p in found]
    assert 0.65 <= np.mean(inside) <= 0.95, [OTHERS[p.row] for p, ok in zip(found, inside, strict=True) if not ok]
    assert np.median([p.high["mid"] / p.low["mid"] for p in found]) < 2
