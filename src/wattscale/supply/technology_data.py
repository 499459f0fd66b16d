"""Costs from a technology-data CSV, as technologies of one's own.

In: the text of a file of PyPSA technology-data. Out: rows of `supply.own_technologies` in USD of the base year, and the
list of what the file has that they do not hold. Leaves out: technologies that the catalogue has no kind for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wattscale.catalog import Catalog
from wattscale.catalog.money import Deflator
from wattscale.errors import InputError
from wattscale.scenario.supply_terms import OwnTechnology
from wattscale.supply.technologies import KW_PER_MW, PERCENT, TECHNOLOGIES
from wattscale.supply.technology_rows import CostRow, CostRows, read_rows
from wattscale.units import KG_PER_T

PRICE_YEAR = 2020
"""Price year of the compiled files (their `eur_year`). They bring all money to it and leave in the column
currency_year the year of the source; to deflate from that year would count the rise of prices twice."""
SCENARIO, FINANCIAL_CASE = "Moderate", "Market"
"""What is read of a file with several scenarios and cases, as those with the rows of the NREL ATB have."""
NAMES = {
    "solar": ("solar-utility", ""), "wind": ("onwind", ""), "wind-offshore": ("offwind", ""),
    "battery": ("battery inverter", "battery storage"), "gas-turbine": ("OCGT", ""),
    "gas-combined-cycle": ("CCGT", ""), "nuclear": ("nuclear", ""), "geothermal": ("geothermal", ""),
}  # fmt: skip
"""Names in technology-data: of the plant or the power of a storage, and of its energy."""
FUELS = {"gas-turbine": "gas", "gas-combined-cycle": "gas", "nuclear": "uranium"}
"""Names of fuels in technology-data."""
POWER, ENERGY = "kW or MW", "kWh or MWh"


@dataclass(frozen=True)
class LeftOut:
    """Something that the file has and the technologies read from it do not hold.

    Attributes:
        technology: Name in the file.
        parameter: Name in the file; empty for all of the technology.
        reason: Why.
    """

    technology: str
    parameter: str
    reason: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.technology}{f'.{self.parameter}' if self.parameter else ''}: {self.reason}"


@dataclass(frozen=True)
class TechnologyData:
    """What was read of a file; iterating over it gives the technologies.

    Attributes:
        technologies: Rows for `supply.own_technologies`.
        left_out: What the file has beside them.
    """

    technologies: tuple[OwnTechnology, ...]
    left_out: tuple[LeftOut, ...]

    def __iter__(self) -> Iterator[OwnTechnology]:
        return iter(self.technologies)

    def __len__(self) -> int:
        return len(self.technologies)


def technology_data(
    text: str, catalog: Catalog, *, scenario: str = SCENARIO, financial_case: str = FINANCIAL_CASE,
    price_year: int | None = PRICE_YEAR,
) -> TechnologyData:  # fmt: skip
    """Read a CSV with columns technology, parameter, value, unit as technologies of one's own.

    A plant's fuel per MWh is the fuel's price over the plant's efficiency, its carbon the fuel's intensity over it. A
    storage keeps the life of its power and of its energy. Values that the file lacks come from the catalogue.

    Args:
        text: Content of a file such as `costs_2030.csv`.
        catalog: Catalogue, for exchange rates and price levels.
        scenario: Scenario to read, where the file has several: Conservative, Moderate or Advanced.
        financial_case: Case to read, where the file has several: Market or R&D.
        price_year: Price year of all money in the file; None for that of each row's currency_year.

    Returns:
        Technologies named `<technology>-td`, for all that the file has, and what was left out.

    Raises:
        InputError: A file without these columns, a scenario or case that it does not have, rows that contradict each
            other, or a value or unit that cannot be.

    Source: PyPSA technology-data (Danish Energy Agency catalogue, NREL ATB and others), column layout of 2025.
    """
    rows = read_rows(text, scenario, financial_case)
    reader = _Reader(rows, Deflator(catalog), price_year, [])
    found = []
    for ours, (plant, energy) in NAMES.items():
        if not rows.has(plant, "investment"):
            continue
        kind = catalog.row(TECHNOLOGIES, ours).text("kind")
        made = reader.storage(ours, plant, energy) if energy else reader.plant(ours, plant, kind)
        if made is not None:
            found.append(made)
    return TechnologyData(tuple(found), tuple(reader.all_left_out()))


@dataclass
class _Reader:
    """Reads technologies and notes what it uses and what it cannot."""

    rows: CostRows
    deflator: Deflator
    price_year: int | None
    left_out: list[LeftOut]

    def plant(self, ours: str, name: str, kind: str) -> OwnTechnology | None:
        capital = self.money(name, "investment", POWER, per=KW_PER_MW)
        if capital is None:
            self._leave(name, "", f"the file has no cost per {POWER} of it for {self.rows.asked}")
            return None
        fuel, carbon = self._fuel(ours, name) if kind == "fuelled" else (None, None)
        return OwnTechnology(
            name=f"{ours}-td", like=ours, capital_usd_per_kw=capital, life_years=self.number(name, "lifetime", 1, 100),
            fixed_usd_per_kw_year=self._fixed(name, capital), variable_usd_per_mwh=self.money(name, "VOM", ENERGY),
            fuel_usd_per_mwh=fuel, carbon_kg_per_mwh=carbon,
        )  # fmt: skip

    def storage(self, ours: str, power: str, energy: str) -> OwnTechnology | None:
        capital = self.money(power, "investment", POWER, per=KW_PER_MW)
        per_kwh = self.money(energy, "investment", ENERGY, per=KW_PER_MW)
        if capital is None or per_kwh is None:
            for name in (power, energy):
                self._leave(name, "", f"the file has no cost per {POWER} and per {ENERGY} of it for {self.rows.asked}")
            return None
        lives = [self.number(name, "lifetime", 1, 100) for name in (power, energy)]
        return OwnTechnology(
            name=f"{ours}-td", like=ours, capital_usd_per_kw=capital, capital_usd_per_kwh=per_kwh,
            life_years=lives[1] or lives[0], power_life_years=lives[0] if lives[1] else None,
            fixed_usd_per_kw_year=self._fixed(power, capital), variable_usd_per_mwh=self.money(power, "VOM", ENERGY),
            roundtrip_efficiency=self._efficiency(power),
        )  # fmt: skip

    def _fixed(self, name: str, capital: float) -> float | None:
        row = self.rows.chosen(name, "FOM")
        if row is None:
            return None
        if not row.unit.startswith("%"):
            raise row.wrong("is in a unit not known", row.unit, allowed="% of the investment per year")
        return capital * row.number(0.0, PERCENT) / PERCENT

    def _efficiency(self, name: str) -> float | None:
        row = self.rows.chosen(name, "efficiency")
        if row is None:
            return None
        whole = PERCENT if row.unit.startswith("%") else 1.0
        return row.number(0.01 * whole, whole) / whole

    def _fuel(self, ours: str, name: str) -> tuple[float | None, float | None]:
        """Fuel [USD/MWh] and direct carbon [kg/MWh] per MWh of electricity, None where the file does not give them."""
        own, carrier = self.rows.chosen(name, "fuel"), FUELS.get(ours, "")
        if own is not None and not re.search("th", own.unit.partition("/")[2]):
            return self.money(name, "fuel", ENERGY), None
        efficiency = self._efficiency(name)
        price = self.money(name if own is not None else carrier, "fuel", ENERGY)
        if efficiency is None or price is None:
            if efficiency is not None:
                self._leave(
                    name, "efficiency", "the file has no price of its fuel; fuel and carbon stay those of the catalogue"
                )
            return None, None
        intensity = self.number(carrier, "CO2 intensity", 0.0, 2.0)
        return price / efficiency, None if intensity is None else intensity * KG_PER_T / efficiency

    def number(self, technology: str, parameter: str, low: float, high: float) -> float | None:
        row = self.rows.chosen(technology, parameter)
        return None if row is None else row.number(low, high)

    def money(self, technology: str, parameter: str, unit: str, per: float = 1.0) -> float | None:
        """Amount in USD of the base year per kW or kWh (`per` 1000), or per MWh (`per` 1)."""
        row = self.rows.chosen(technology, parameter)
        if row is None:
            return None
        found = re.match(r"(EUR|USD)/([kM])W(h?)", row.unit)
        if found is None:
            raise row.wrong("is in a unit not known", row.unit, allowed=f"EUR or USD per {unit}")
        if (found[3] == "h") != (unit == ENERGY):
            self._leave(technology, parameter, f"is given per {row.unit.partition('/')[2]}, not per {unit}")
            return None
        scale = {("k", KW_PER_MW): 1.0, ("M", KW_PER_MW): 1.0 / KW_PER_MW, ("k", 1.0): KW_PER_MW, ("M", 1.0): 1.0}
        value = row.number(0.0, 1e9) * scale[found[2], per]
        return value * self._to_base(row, found[1])

    def _to_base(self, row: CostRow, currency: str) -> float:
        if self.price_year is not None:
            return self.deflator.factor(currency, self.price_year)
        if not row.currency_year:
            raise row.wrong("has no currency_year", None, hint="Give price_year")
        try:
            return self.deflator.factor(currency, int(float(row.currency_year)))
        except (ValueError, InputError) as error:
            raise row.wrong(f"is in money of a year that cannot be converted ({error})", row.currency_year) from None

    def _leave(self, technology: str, parameter: str, reason: str) -> None:
        self.left_out.append(LeftOut(technology, parameter, reason))

    def all_left_out(self) -> Iterator[LeftOut]:
        """Everything of the file that no technology holds: what was noted, other scenarios, the rest."""
        yield from self.left_out
        told = {(x.technology, x.parameter) for x in self.left_out}
        ours = {name for names in NAMES.values() for name in names} | set(FUELS.values())
        for technology in dict.fromkeys(t for t, _ in self.rows.all):
            if technology not in ours:
                yield LeftOut(technology, "", "the catalogue has no technology like it")
        for key, rows in self.rows.all.items():
            if key[0] not in ours or key in told or (key[0], "") in told:
                continue
            others = ", ".join(sorted({row.variant for row in rows} - {self.rows.used.get(key, "")} - {""}))
            if key not in self.rows.used:
                held = any(self.rows.fits(row) for row in rows)
                yield LeftOut(*key, "no key of own_technologies holds it" if held else f"given for {others} only")
            elif others:
                yield LeftOut(*key, f"its values for {others}")
