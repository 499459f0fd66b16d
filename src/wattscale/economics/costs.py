"""Cost lines of a plan: capital by part with annuities, and running cost, from a price book.

In: quantities (devices, megawatts, water, the supply's own cost parts) and prices. Out: cost lines that add up to
the total cost of ownership, each with a range. Leaves out: revenue and cash flow (finance.py), tokens (tokens.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from wattscale.annuity import annuity
from wattscale.economics.prices import RACK_SCALE_DOMAIN, PriceBook
from wattscale.economics.resale import net_annuity, resale_share
from wattscale.economics.result import CostLine
from wattscale.units import FloatArray

CAPITAL_SUFFIX = ".capital"
"""Ending of the supply's cost parts that pay for capital."""


@dataclass(frozen=True)
class Quantities:
    """What is bought and used.

    Attributes:
        devices: Accelerators by name, spares included [1].
        domain_devices: Devices of a scale-up domain by accelerator [1].
        design_it_mw: IT power the building is made for [MW].
        grid_mw: Largest grid import [MW].
        water_m3: Water taken on site in a year [m3].
        supply_usd_per_year: The supply's cost by part [USD/year].
        supply_capital_usd: The supply's overnight capital by technology [USD].
        supply_life_years: Economic life by technology [year].
    """

    devices: Mapping[str, float]
    domain_devices: Mapping[str, int]
    design_it_mw: float
    grid_mw: float
    water_m3: float
    supply_usd_per_year: Mapping[str, float]
    supply_capital_usd: Mapping[str, float]
    supply_life_years: Mapping[str, float]


def cost_lines(quantities: Quantities, prices: Mapping[str, float], rate: float) -> list[CostLine]:
    """Give the cost lines for one set of prices, ranges left at the value.

    Args:
        quantities: What is bought and used.
        prices: Value by short name, see `price_book` [USD of the base year].
        rate: Real discount rate [1/year].

    Returns:
        Lines; the sum of annuities and running cost is the total cost of ownership.

    Source: bottom-up cost of ownership; figures of table `dc_costs`.
    """
    hardware = _hardware(quantities, prices, rate)
    building = _building(quantities, prices, rate)
    supply = _supply(quantities)
    insured = sum(line.capital_usd for line in hardware + building + supply)
    lines = [*hardware, *_software(quantities, prices, rate), *building, *supply]
    it_capital = sum(line.capital_usd for line in hardware)
    plant_capital = sum(line.capital_usd for line in building if line.part in ("electrical", "cooling"))
    mw = quantities.design_it_mw
    running = {
        "staff": mw * prices["staff.density"] * prices["staff.wage"],
        "maintenance.it": it_capital * prices["maintenance.it_share"],
        "maintenance.plant": plant_capital * prices["maintenance.plant_share"],
        "insurance": insured * prices["insurance.share"],
        "water": quantities.water_m3 * prices["water.price"],
    }
    return lines + [_running(part, "operations", usd) for part, usd in running.items()]


def _hardware(quantities: Quantities, prices: Mapping[str, float], rate: float) -> list[CostLine]:
    bought = {"accelerators": 0.0, "servers": 0.0, "network": 0.0, "storage": 0.0}
    for name, count in quantities.devices.items():
        scale = "_rack_scale" if quantities.domain_devices[name] > RACK_SCALE_DOMAIN else ""
        device = count * prices[f"price.{name}"]
        base = count * prices.get(f"server_base.{name}", prices[f"price.{name}"])
        host = prices.get(f"host.{name}")
        server = base * (prices[f"server.overhead_multiple{scale}"] - 1.0) if host is None else count * host
        share = prices[f"network.share{scale}"]
        bought["accelerators"] += device * (1.0 + prices["accelerator_tariff"])
        bought["servers"] += server
        bought["network"] += (base + server) * share / (1.0 - share)
        bought["storage"] += count * prices["storage.cost"]
    life = prices["life.it"]
    resale = resale_share(prices["resale.share_after_3_years"], life)
    lines = []
    for part, capital in bought.items():
        kept = resale if part in ("accelerators", "servers") else 0.0
        lines.append(_line(part, part, capital, life, capital * net_annuity(rate, life, kept)))
    return lines


def _software(quantities: Quantities, prices: Mapping[str, float], rate: float) -> list[CostLine]:
    """Licences with support, paid at the purchase for their term; no line where none is bought."""
    if "software.term" not in prices:
        return []
    usd = sum(
        count * prices.get(f"server_base.{name}", prices[f"price.{name}"]) * prices.get("software.share", 0.0)
        + count * prices.get("software.licence", 0.0)
        for name, count in quantities.devices.items()
    )
    term = prices["software.term"]
    return [_line("software", "software", usd, term, usd * annuity(rate, term))]


def _building(quantities: Quantities, prices: Mapping[str, float], rate: float) -> list[CostLine]:
    mw = quantities.design_it_mw
    construction = mw * prices["construction.cost"]
    electrical = construction * prices["construction.electrical_share"]
    mechanical = construction * (prices["construction.mechanical_share"] + prices["cooling_premium"])
    shell = construction * prices["construction.shell_share"]
    fit_out = max(0.0, construction * (1.0 + prices["cooling_premium"]) - electrical - mechanical - shell)
    soft = construction * prices["construction.soft_cost_share"]
    land = mw * prices["land.area"] * prices["land.price"]
    # Redundancy and tariffs change the plant alone; the split of the construction cost stays that of two full paths.
    tariff = 1.0 + prices["construction.equipment_share"] * prices["equipment_tariff"]
    electrical, mechanical = electrical * prices["redundancy_factor"] * tariff, mechanical * tariff
    long, short, line_life = prices["life.shell"], prices["life.plant"], prices["grid_connection.life"]
    parts = [
        ("shell", "facility", shell, long),
        ("fit_out", "facility", fit_out + soft, long),
        ("fibre", "facility", prices["fibre.connection"] * min(1.0, mw / prices["fibre.full_size"]), long),
        ("electrical", "power", electrical, short),
        ("cooling", "cooling", mechanical, short),
    ]
    if not {"grid", "grid_connection", "connection"} & set(quantities.supply_capital_usd):
        parts.append(("grid_connection", "power", quantities.grid_mw * prices["grid_connection.cost"], line_life))
    lines = [_line(part, segment, usd, life, usd * annuity(rate, life)) for part, segment, usd, life in parts]
    return [*lines, _line("land", "facility", land, long, land * net_annuity(rate, long, 1.0))]


def _supply(quantities: Quantities) -> list[CostLine]:
    lines = []
    for part, usd in quantities.supply_usd_per_year.items():
        if part.endswith(CAPITAL_SUFFIX):
            technology = part.removesuffix(CAPITAL_SUFFIX)
            capital = quantities.supply_capital_usd.get(technology, 0.0)
            life = quantities.supply_life_years.get(technology, 0.0)
            lines.append(_line(part, "power", capital, life, usd))
        else:
            lines.append(_running(part, "energy", usd))
    return lines


def _line(part: str, segment: str, capital: float, life: float, annuity_usd: float) -> CostLine:
    return CostLine(part, segment, capital, life, annuity_usd, 0.0, annuity_usd, annuity_usd)


def _running(part: str, segment: str, usd: float) -> CostLine:
    return CostLine(part, segment, 0.0, 0.0, 0.0, usd, usd, usd)


def one_at_a_time(
    book: PriceBook, measure: Callable[[Mapping[str, float]], FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give a measure's value and range, moving one price at a time to its low and high end.

    low = f - sqrt(sum of the squares of all falls), high = f + sqrt(sum of the squares of all rises): the range of
    independent figures, narrower than "all low" to "all high".

    Args:
        book: Figures with ranges.
        measure: Function of the prices giving one or more numbers, shape (k,).

    Returns:
        Value, low and high, each of shape (k,).

    Source: root-sum-square propagation, JCGM 100:2008 (GUM), section 5.1, with finite differences.

    >>> from wattscale.figure import Figure
    >>> book = {k: Figure(k, 10.0, 7.0, 14.0, "USD", "", "", "estimated") for k in "ab"}
    >>> value, low, high = one_at_a_time(book, lambda p: np.array([p["a"] + 0.0 * p["b"]]))
    >>> float(low[0]), float(high[0])
    (7.0, 14.0)
    """
    values = {key: figure.value for key, figure in book.items()}
    centre = measure(values)
    falls, rises = np.zeros_like(centre), np.zeros_like(centre)
    for key, figure in book.items():
        ends = [measure({**values, key: end}) - centre for end in {figure.low, figure.high} if end != figure.value]
        if ends:
            moved = np.stack(ends)
            falls += np.minimum(moved.min(axis=0), 0.0) ** 2
            rises += np.maximum(moved.max(axis=0), 0.0) ** 2
    return centre, centre - np.sqrt(falls), centre + np.sqrt(rises)


def with_ranges(lines: list[CostLine], low: FloatArray, high: FloatArray) -> tuple[CostLine, ...]:
    """Attach ranges to cost lines.

    Independent errors of a product may add up to more than the product; a cost of figures that are not negative ends at
    zero, so a low end below zero is drawn there.

    Args:
        lines: Lines at the central prices.
        low: Low end of each line's yearly total [USD/year], shape (lines,).
        high: High end [USD/year], shape (lines,).

    Returns:
        The same lines with ranges.
    """
    return tuple(
        replace(line, low_usd_per_year=max(float(a), min(0.0, line.total_usd_per_year)), high_usd_per_year=float(b))
        for line, a, b in zip(lines, low, high, strict=True)
    )
