"""Technologies from a catalogue of three plants and a fuel in round numbers, and the user's own changes to them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from wattscale.annuity import annuity
from wattscale.errors import InputError
from wattscale.figure import Figure
from wattscale.scenario.supply_terms import OwnTechnology
from wattscale.supply.own import own_technology
from wattscale.supply.technologies import cost_region, known_name, read_technologies

PLANTS = {
    "mill": {"kind": "fuelled", "cost_item": "mill", "fuel": "wood", "lifecycle_kg_per_mwh": 7.0, "carbon_free": 0.0,
             "minimum_load": 0.25, "availability": 0.9, "land_ha_per_mw": 0.5, "self_discharge_per_h": 0.0,
             "ramp_share_per_h": 0.75},
    "spring": {"kind": "storage", "cost_item": "spring", "fuel": "", "lifecycle_kg_per_mwh": 30.0, "carbon_free": 1.0,
               "minimum_load": 0.0, "availability": 1.0, "land_ha_per_mw": 0.0, "self_discharge_per_h": 0.002},
    "sail": {"kind": "renewable", "cost_item": "sail", "fuel": "", "lifecycle_kg_per_mwh": 12.0, "carbon_free": 0.5,
             "minimum_load": 0.0, "availability": 1.0, "land_ha_per_mw": 3.0, "self_discharge_per_h": 0.0},
    "wire": {"kind": "grid", "cost_item": "wire", "fuel": "", "lifecycle_kg_per_mwh": 0.0, "carbon_free": 0.0,
             "minimum_load": 0.0, "availability": 1.0, "land_ha_per_mw": 0.0, "self_discharge_per_h": 0.0},
}  # fmt: skip
FIGURES = {
    "mill.capex": (900.0, 800.0, 1200.0, "USD/kW"), "mill.fom": (12.0, 11.0, 13.0, "USD/kW-year"),
    "mill.vom": (4.0, 3.0, 5.0, "USD/MWh"), "mill.lifetime": (20.0, 15.0, 25.0, "year"),
    "mill.efficiency": (0.5, 0.4, 0.6, "1 (LHV)"), "wood.price": (3.0, 2.0, 5.0, "USD/MMBtu"),
    "wood.lhv_per_hhv": (0.8, 0.8, 0.8, "1"), "wood.carbon_direct": (100.0, 90.0, 110.0, "kg/MWh"),
    "wood.carbon_upstream": (25.0, 20.0, 30.0, "kg/MWh"),
    "spring.capex_power": (300.0, 250.0, 400.0, "USD/kW"), "spring.capex_energy": (200.0, 150.0, 260.0, "USD/kWh"),
    "spring.fom": (2.5, 2.0, 3.0, "percent_of_capex/year"), "spring.lifetime": (15.0, 15.0, 15.0, "year"),
    "spring.efficiency_roundtrip": (0.81, 0.7, 0.9, "1"), "spring.duration": (8.0, 8.0, 8.0, "h"),
    "sail.capex": (1000.0, 900.0, 1100.0, "USD/kW"), "sail.fuel": (1.5, 1.0, 2.0, "USD/MWh"),
    "wire.capex": (100.0, 90.0, 120.0, "USD/kW"),
}  # fmt: skip


class Tiny:
    """Stands in for the catalogue; prices are of the base year, whose deflator is that of the real one."""

    def __init__(self, real, **changed):
        self.real, self.figures, self.read = real, {**FIGURES, **changed}, []

    def names(self, table):
        return list(PLANTS)

    def has_row(self, table, word):
        return word.lower() in PLANTS

    def row(self, table, word, where=None):
        cells = PLANTS[word.lower()]
        return SimpleNamespace(
            name=word.lower(), text=cells.__getitem__, number=cells.__getitem__, has=cells.__contains__
        )

    def has_figure(self, table, key):
        return key in self.figures

    def figure(self, table, key, region, vintage):
        self.read.append((table, region, vintage))
        value, low, high, unit = self.figures[key]
        return Figure(key, value, low, high, unit, "", "", "published", "", "USD", 2024)

    def table(self, name):
        return self.real.table(name)

    def value(self, table, key, *, region="", vintage=None):
        return self.real.value(table, key, region=region, vintage=vintage)


def read(catalog, *words, own=(), **changed):
    tiny = Tiny(catalog, **changed)
    found = read_technologies(tiny, words, "EU", 2031.5, own)
    assert set(tiny.read) == {("tech_costs", "EU", 2031.5)}
    return found


MWH_PER_MMBTU = 0.29307107


def test_a_plant_with_a_fuel(catalog):
    """3 USD per 0.293 MWh of higher heating value, of which 0.8 x 0.5 come out as power; carbon per lower value."""
    (t,) = read(catalog, "mill").values()
    assert (t.name, t.kind, t.plant, t.like) == ("mill", "fuelled", "mill", "")
    assert t.capital_usd_per_mw == (900e3, 800e3, 1200e3)
    assert t.capital_usd_per_mwh == (0.0, 0.0, 0.0)
    assert (t.fixed_share, t.fixed_usd_per_mw_year, t.variable_usd_per_mwh, t.life_years) == (0.0, 12e3, 4.0, 20.0)
    assert t.fuel_usd_per_mwh == pytest.approx([p / MWH_PER_MMBTU / 0.4 for p in (3.0, 2.0, 5.0)], rel=1e-7)
    assert (t.carbon_kg_per_mwh, t.upstream_kg_per_mwh) == pytest.approx((200.0, 50.0))
    assert (t.lifecycle_kg_per_mwh, t.carbon_free, t.minimum_load, t.availability) == (7.0, False, 0.25, 0.9)
    assert (t.land_ha_per_mw, t.one_way_efficiency, t.keep_per_h, t.duration_h) == (0.5, 1.0, 1.0, 0.0)
    assert (t.ramp_share_per_h, t.capacity_factor, t.power_life_years) == (0.75, None, None)


def test_an_efficiency_of_the_higher_value_and_a_price_per_mwh(catalog):
    """Half of the higher value: 6 USD for 3; of the lower value, a tenth less, comes 0.5: 100 x 0.9 / 0.5 kg."""
    (t,) = read(catalog, "mill", **{
        "mill.efficiency": (0.5, 0.4, 0.6, "1 (HHV)"), "wood.price": (3.0, 2.0, 5.0, "USD/MWh"),
        "wood.lhv_per_hhv": (0.9, 0.9, 0.9, "1"),
    }).values()  # fmt: skip
    assert t.fuel_usd_per_mwh == pytest.approx((6.0, 4.0, 10.0))
    assert (t.carbon_kg_per_mwh, t.upstream_kg_per_mwh) == pytest.approx((180.0, 45.0))


def test_what_the_table_does_not_say_is_none_or_whole(catalog):
    """No heating values: one for the other; no carbon, no lifetime, no fixed cost, no losses."""
    silent = {k: v for k, v in FIGURES.items() if not k.startswith(("wood.lhv", "wood.carbon", "mill.lif", "mill.fom"))}
    tiny = Tiny(catalog)
    tiny.figures = {k: v for k, v in silent.items() if k not in ("mill.vom", "spring.efficiency_roundtrip",
                                                                 "spring.duration", "spring.fom")}  # fmt: skip
    found = read_technologies(tiny, ["mill", "spring"], "US", 2025)
    t = found["mill"]
    assert t.fuel_usd_per_mwh == pytest.approx([p / MWH_PER_MMBTU / 0.5 for p in (3.0, 2.0, 5.0)], rel=1e-7)
    assert (t.carbon_kg_per_mwh, t.upstream_kg_per_mwh, t.life_years) == (0.0, 0.0, 0.0)
    assert (t.fixed_share, t.fixed_usd_per_mw_year, t.variable_usd_per_mwh) == (0.0, 0.0, 0.0)
    assert (found["spring"].one_way_efficiency, found["spring"].duration_h, found["spring"].fixed_share) == (
        1.0,
        0.0,
        0.0,
    )


def test_a_store_and_a_plant_of_the_weather(catalog):
    found = read(catalog, "sail", "spring")
    assert list(found) == ["spring", "sail"], "in the order of the catalogue"
    t = found["spring"]
    assert t.capital_usd_per_mw == (300e3, 250e3, 400e3)
    assert t.capital_usd_per_mwh == (200e3, 150e3, 260e3)
    assert (t.fixed_share, t.fixed_usd_per_mw_year) == (0.025, 0.0)
    assert t.one_way_efficiency == pytest.approx(0.9)
    assert (t.keep_per_h, t.duration_h, t.carbon_free, t.ramp_share_per_h) == (0.998, 8.0, True, None)
    assert (t.fuel_usd_per_mwh, t.carbon_kg_per_mwh, t.upstream_kg_per_mwh) == ((0.0, 0.0, 0.0), 0.0, 0.0)
    sail = found["sail"]
    assert (sail.fuel_usd_per_mwh, sail.carbon_free, sail.fixed_usd_per_mw_year) == ((1.5, 1.0, 2.0), True, 0.0)
    assert (sail.capital_usd_per_mw[0], sail.one_way_efficiency, sail.carbon_kg_per_mwh) == (1e6, 1.0, 0.0)


def test_yearly_cost_over_two_lives(catalog):
    """Power over 5 years and energy over 15 at 8 %; 2.5 % a year of either."""
    t = replace(read(catalog, "spring")["spring"], power_life_years=5.0, fixed_usd_per_mw_year=40.0)
    power, energy = annuity(0.08, 5.0), annuity(0.08, 15.0)
    assert t.annual_usd_per_mw(0.08) == pytest.approx(300e3 * (power + 0.025) + 40.0, rel=1e-12)
    assert t.annual_usd_per_mwh(0.08) == pytest.approx(200e3 * (energy + 0.025), rel=1e-12)
    for level, (mw, mwh) in enumerate(((300e3, 200e3), (250e3, 150e3), (400e3, 260e3))):
        expected = 3 * mw * power + 7 * mwh * energy
        assert t.capital_usd_per_year(0.08, 3.0, 7.0, level) == pytest.approx(expected, rel=1e-12)
    assert t.capital_usd_per_year(0.08, 3.0) == pytest.approx(3 * 300e3 * power, rel=1e-12)
    one = replace(t, power_life_years=None)
    assert one.annual_usd_per_mw(0.08) == pytest.approx(300e3 * (energy + 0.025) + 40.0, rel=1e-12)


def test_own_technologies_stand_last_and_come_from_one_of_the_catalogue(catalog):
    own = [OwnTechnology(name="barrow", like="Mill", life_years=30), OwnTechnology(name="unused", like="mill")]
    found = read(catalog, "barrow", "WIRE", own=own)
    assert list(found) == ["wire", "barrow"]
    t = found["barrow"]
    assert (t.name, t.like, t.plant, t.life_years, t.carbon_kg_per_mwh) == ("barrow", "mill", "mill", 30.0, 200.0)
    with pytest.raises(InputError, match="names no technology"):
        read(catalog)
    with pytest.raises(InputError, match="no such technology"):
        read(catalog, "mlil")
    for twice in ([own[0], own[0]], [OwnTechnology(name="sail", like="mill")]):
        with pytest.raises(InputError, match="is taken"):
            read(catalog, "mill", own=twice)
    assert known_name(Tiny(catalog), "MILL", "x") == "mill"
    assert [cost_region(c) for c in ("de", "US", "ZA")] == ["EU", "US", "US"]


def test_each_value_of_ones_own(catalog):
    """Per kW to per MW, a round trip to one way, what is lost to what is kept; a fixed cost takes the share's place."""
    base = read(catalog, "spring", "mill", "sail", "wire")
    row = OwnTechnology(name="coil", like="spring", capital_usd_per_kw=150, capital_usd_per_kwh=80,
                        fixed_usd_per_kw_year=9, life_years=12, power_life_years=6, variable_usd_per_mwh=2,
                        lifecycle_kg_per_mwh=3, carbon_free=False, land_ha_per_mw=0.25, roundtrip_efficiency=0.64,
                        self_discharge_per_h=0.01, duration_h=4)  # fmt: skip
    assert own_technology(row, base["spring"], 0) == replace(
        base["spring"], name="coil", like="spring", capital_usd_per_mw=(150e3,) * 3, capital_usd_per_mwh=(80e3,) * 3,
        fixed_share=0.0, fixed_usd_per_mw_year=9e3, life_years=12.0, power_life_years=6.0, variable_usd_per_mwh=2.0,
        lifecycle_kg_per_mwh=3.0, carbon_free=False, land_ha_per_mw=0.25, one_way_efficiency=0.8, keep_per_h=0.99,
        duration_h=4.0,
    )  # fmt: skip
    row = OwnTechnology(name="kiln", like="mill", fuel_usd_per_mwh=11, carbon_kg_per_mwh=5, minimum_load=0.5,
                        availability=0.5, ramp_share_per_h=0.125)  # fmt: skip
    assert own_technology(row, base["mill"], 0) == replace(
        base["mill"], name="kiln", like="mill", fuel_usd_per_mwh=(11.0,) * 3, carbon_kg_per_mwh=5.0, minimum_load=0.5,
        availability=0.5, ramp_share_per_h=0.125,
    )  # fmt: skip
    row = OwnTechnology(name="kite", like="sail", capacity_factor=0.4)
    assert own_technology(row, base["sail"], 0) == replace(base["sail"], name="kite", like="sail", capacity_factor=0.4)


@pytest.mark.parametrize(
    ("like", "values"),
    [
        ("wire", {}), ("mill", {"capital_usd_per_kwh": 1}), ("mill", {"power_life_years": 3}),
        ("sail", {"roundtrip_efficiency": 0.5}), ("mill", {"self_discharge_per_h": 0.1}), ("sail", {"duration_h": 2}),
        ("spring", {"ramp_share_per_h": 0.5}), ("sail", {"ramp_share_per_h": 0.5}), ("spring", {"fuel_usd_per_mwh": 1}),
        ("sail", {"carbon_kg_per_mwh": 1}), ("spring", {"minimum_load": 0.5}), ("sail", {"availability": 0.5}),
        ("mill", {"capacity_factor": 0.5}), ("spring", {"capacity_factor": 0.5}), ("mill", {"minimum_load": 0.95}),
        ("mill", {"availability": 0.2}),
    ],
)  # fmt: skip
def test_a_value_that_such_a_plant_does_not_have_is_refused(catalog, like, values):
    with pytest.raises(InputError):
        own_technology(OwnTechnology(name="x", like=like, **values), read(catalog, like)[like], 0)
