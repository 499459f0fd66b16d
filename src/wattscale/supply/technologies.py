"""What can be built, at what cost: the technologies of the scenario read from the catalogue.

In: words of `supply.technologies`, the catalogue, region and year of build. Out: `Technology` per word, in base units
and real USD of the base year. Leaves out: taxes, subsidies, and learning beyond the years of the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from wattscale.annuity import annuity
from wattscale.catalog import Catalog
from wattscale.catalog.money import Deflator
from wattscale.catalog.reader import Row
from wattscale.errors import InputError, did_you_mean
from wattscale.figure import Figure
from wattscale.scenario.supply_terms import OwnTechnology
from wattscale.units import MMBTU_TO_MWH

Kind = Literal["grid", "renewable", "storage", "fuelled"]
Ranged: TypeAlias = tuple[float, float, float]
"""Value, low, high."""

COSTS, TECHNOLOGIES = "tech_costs", "technologies"
EUROPE = frozenset(
    ("AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT",
     "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK")
)  # fmt: skip
"""Countries (ISO 3166) that take the European rows of the cost table."""
KW_PER_MW = 1e3
PERCENT = 100.0


@dataclass(frozen=True)
class Technology:
    """One way to power the campus.

    Attributes:
        name: Word of the scenario.
        kind: grid, renewable, storage or fuelled.
        capital_usd_per_mw: Overnight cost per MW of power [USD/MW].
        capital_usd_per_mwh: Overnight cost per MWh of storage [USD/MWh].
        fixed_share: Fixed running cost as a share of the capital [1/year].
        fixed_usd_per_mw_year: Fixed running cost per MW [USD/MW-year].
        life_years: Economic life [year].
        variable_usd_per_mwh: Running cost per MWh without fuel [USD/MWh].
        fuel_usd_per_mwh: Fuel per MWh of electricity [USD/MWh].
        carbon_kg_per_mwh: Direct CO2 per MWh of electricity [kg/MWh].
        upstream_kg_per_mwh: Life-cycle carbon of the fuel before the plant, per MWh of electricity [kg/MWh].
        lifecycle_kg_per_mwh: Life-cycle carbon of the plant itself per MWh [kg/MWh].
        carbon_free: Whether its energy counts as carbon-free.
        minimum_load: Least output over capacity [1].
        availability: Largest output over capacity [1].
        land_ha_per_mw: Land [ha/MW].
        one_way_efficiency: Square root of the round-trip efficiency of a storage [1].
        keep_per_h: Share of the stored energy kept over an hour [1].
        duration_h: Least hours of storage per MW [h].
        like: Technology of the catalogue it is a variant of; empty for one of the catalogue.
        capacity_factor: Capacity factor to bring the weather's to [1]; None for that of the weather.
        ramp_share_per_h: Largest change of output in an hour over capacity [1/h]; None for no limit.
        power_life_years: Economic life of a storage's power [year]; None for that of the whole.
    """

    name: str
    kind: Kind
    capital_usd_per_mw: Ranged
    capital_usd_per_mwh: Ranged
    fixed_share: float
    fixed_usd_per_mw_year: float
    life_years: float
    variable_usd_per_mwh: float
    fuel_usd_per_mwh: Ranged
    carbon_kg_per_mwh: float
    upstream_kg_per_mwh: float
    lifecycle_kg_per_mwh: float
    carbon_free: bool
    minimum_load: float
    availability: float
    land_ha_per_mw: float
    one_way_efficiency: float
    keep_per_h: float
    duration_h: float
    like: str = ""
    capacity_factor: float | None = None
    ramp_share_per_h: float | None = None
    power_life_years: float | None = None

    @property
    def plant(self) -> str:
        """Technology of the catalogue that it is or is like."""
        return self.like or self.name

    def annual_usd_per_mw(self, discount_rate: float) -> float:
        """Annuity and fixed running cost per MW [USD/MW-year]."""
        fixed = self.capital_usd_per_mw[0] * self.fixed_share + self.fixed_usd_per_mw_year
        return self.capital_usd_per_year(discount_rate, 1.0) + fixed

    def annual_usd_per_mwh(self, discount_rate: float) -> float:
        """Annuity and fixed running cost per MWh of storage [USD/MWh-year]."""
        return self.capital_usd_per_year(discount_rate, 0.0, 1.0) + self.capital_usd_per_mwh[0] * self.fixed_share

    def capital_usd_per_year(
        self, discount_rate: float, power_mw: float, energy_mwh: float = 0.0, level: int = 0
    ) -> float:
        """Annuity of the capital of a size, each part over its own life [USD/year].

        Args:
            discount_rate: Real discount rate [1/year].
            power_mw: Power [MW].
            energy_mwh: Energy of a storage [MWh].
            level: 0 for the central cost, 1 for the low, 2 for the high one.
        """
        power = self.capital_usd_per_mw[level] * annuity(discount_rate, self.power_life_years or self.life_years)
        return power * power_mw + self.capital_usd_per_mwh[level] * energy_mwh * annuity(discount_rate, self.life_years)


def cost_region(country: str) -> str:
    """Give the region of the cost table for a country code: EU or US (also for the rest of the world).

    >>> cost_region("SE"), cost_region("JP")
    ('EU', 'US')
    """
    return "EU" if country.upper() in EUROPE else "US"


def known_name(catalog: Catalog, word: str, where: str) -> str:
    """Give the name of a technology from any of its spellings.

    Raises:
        InputError: Unknown word; the nearest ones are listed.
    """
    if not catalog.has_row(TECHNOLOGIES, word):
        names = catalog.names(TECHNOLOGIES)
        raise InputError("no such technology", where=where, value=word, allowed=", ".join(names),
                         hint=did_you_mean(word, names))  # fmt: skip
    return catalog.row(TECHNOLOGIES, word, where).name


def read_technologies(
    catalog: Catalog, words: Iterable[str], region: str, build_year: float, own: Sequence[OwnTechnology] = ()
) -> dict[str, Technology]:
    """Read the technologies of a scenario, in the order of the catalogue, own ones last.

    Args:
        catalog: The catalogue.
        words: Words of `supply.technologies`.
        region: Region of the cost table.
        build_year: Year of build [year].
        own: Rows of `supply.own_technologies`.

    Raises:
        InputError: Unknown word, none at all, or an own technology with a name or value that cannot be.
    """
    from wattscale.supply.own import own_technology

    for place, row in enumerate(own):
        if catalog.has_row(TECHNOLOGIES, row.name) or [o.name for o in own].count(row.name) > 1:
            raise InputError("is taken by another technology", where=f"supply.own_technologies.{place}.name",
                             value=row.name, hint="Choose another name")  # fmt: skip
    mine = {o.name for o in own}
    wanted = list(words)
    names = {known_name(catalog, w, "supply.technologies") for w in wanted if w not in mine}
    if not wanted:
        raise InputError("names no technology", where="supply.technologies", value=[], hint='Try ["grid"]')
    order = [n for n in catalog.names(TECHNOLOGIES) if n in names]
    found = {n: _technology(catalog, n, region, build_year) for n in order}
    for place, row in enumerate(own):
        if row.name in wanted:
            base = known_name(catalog, row.like, f"supply.own_technologies.{place}.like")
            found[row.name] = own_technology(row, _technology(catalog, base, region, build_year), place)
    return found


def _technology(catalog: Catalog, name: str, region: str, year: float) -> Technology:
    row = catalog.row(TECHNOLOGIES, name)
    item = row.text("cost_item")
    reader = _Reader(catalog, item, region, year)
    share, per_mw = reader.fixed()
    fuel, carbon, upstream = reader.fuel(row)
    storage = row.text("kind") == "storage"
    return Technology(
        name=name,
        kind=_kind(row.text("kind")),
        capital_usd_per_mw=reader.money("capex_power" if storage else "capex", KW_PER_MW),
        capital_usd_per_mwh=reader.money("capex_energy", KW_PER_MW) if storage else (0.0, 0.0, 0.0),
        fixed_share=share,
        fixed_usd_per_mw_year=per_mw,
        life_years=reader.number("lifetime", 0.0),
        variable_usd_per_mwh=reader.money("vom", 1.0)[0],
        fuel_usd_per_mwh=fuel,
        carbon_kg_per_mwh=carbon,
        upstream_kg_per_mwh=upstream,
        lifecycle_kg_per_mwh=row.number("lifecycle_kg_per_mwh"),
        carbon_free=row.number("carbon_free") > 0,
        minimum_load=row.number("minimum_load"),
        availability=row.number("availability"),
        land_ha_per_mw=row.number("land_ha_per_mw"),
        one_way_efficiency=reader.number("efficiency_roundtrip", 1.0) ** 0.5 if storage else 1.0,
        keep_per_h=1.0 - row.number("self_discharge_per_h"),
        duration_h=reader.number("duration", 0.0),
        ramp_share_per_h=row.number("ramp_share_per_h") if row.has("ramp_share_per_h") else None,
    )


def _kind(word: str) -> Kind:
    kinds: dict[str, Kind] = {"grid": "grid", "renewable": "renewable", "storage": "storage", "fuelled": "fuelled"}
    return kinds[word]


@dataclass(frozen=True)
class _Reader:
    """Reads one item of the cost table for a region and year."""

    catalog: Catalog
    item: str
    region: str
    year: float

    def has(self, parameter: str) -> bool:
        return self.catalog.has_figure(COSTS, f"{self.item}.{parameter}")

    def figure(self, parameter: str) -> Figure:
        return self.catalog.figure(COSTS, f"{self.item}.{parameter}", region=self.region, vintage=self.year)

    def number(self, parameter: str, default: float) -> float:
        return self.figure(parameter).value if self.has(parameter) else default

    def money(self, parameter: str, per_unit: float) -> Ranged:
        """Amount in base-year USD with its range; zero where the table has none."""
        if not self.has(parameter):
            return 0.0, 0.0, 0.0
        f = Deflator(self.catalog).to_base(self.figure(parameter))
        return f.value * per_unit, f.low * per_unit, f.high * per_unit

    def fixed(self) -> tuple[float, float]:
        """Fixed running cost as share of the capital [1/year] and per MW [USD/MW-year]; one of them is zero."""
        if not self.has("fom"):
            return 0.0, 0.0
        figure = self.figure("fom")
        if figure.unit == "percent_of_capex/year":
            return figure.value / PERCENT, 0.0
        return 0.0, self.money("fom", KW_PER_MW)[0]

    def fuel(self, row: Row) -> tuple[Ranged, float, float]:
        """Fuel cost [USD/MWh], direct and upstream carbon [kg/MWh], per MWh of electricity.

        Prices are per higher heating value (as gas is traded), carbon factors per lower heating value (as the IPCC
        gives them); the efficiency's unit says which one it holds, and the table's LHV/HHV ratio converts.
        """
        item = row.text("fuel")
        if not item:
            return self.money("fuel", 1.0), 0.0, 0.0
        source = _Reader(self.catalog, item, self.region, self.year)
        ratio = source.number("lhv_per_hhv", 1.0)
        efficiency = self.figure("efficiency")
        per_hhv = efficiency.value if "HHV" in efficiency.unit else efficiency.value * ratio
        per_mwh = 1.0 / MMBTU_TO_MWH if "MMBtu" in source.figure("price").unit else 1.0
        value, low, high = source.money("price", per_mwh / per_hhv)
        lhv_per_mwh = ratio / per_hhv
        return (
            (value, low, high),
            source.number("carbon_direct", 0.0) * lhv_per_mwh,
            source.number("carbon_upstream", 0.0) * lhv_per_mwh,
        )
