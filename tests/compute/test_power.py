"""Power of devices and servers: scopes, caps, published readings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog, load_catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.power import (
    device_power,
    idle_power,
    it_power_per_device,
    load_power_coefficients,
    load_server,
    rack_power_kw,
)

share = st.floats(0.0, 1.0)


@settings(max_examples=40, deadline=None)
@given(share, share, share, st.floats(0.3, 1.0))
def test_power_lies_between_idle_and_the_cap(u_c: float, u_m: float, u_l: float, cap: float) -> None:
    catalog = load_catalog()
    h100 = load_accelerator(catalog, "H100")
    found = load_power_coefficients(catalog, h100)
    power = float(device_power(h100, u_c, u_m, u_l, "bf16", found, cap))
    assert idle_power(h100, found) <= power <= cap * h100.tdp_w + 1e-9


def test_more_activity_draws_more(catalog: Catalog) -> None:
    h100 = load_accelerator(catalog, "H100")
    found = load_power_coefficients(catalog, h100)
    low = float(device_power(h100, 0.05, 0.2, 0.0, "bf16", found))
    assert float(device_power(h100, 0.1, 0.2, 0.0, "bf16", found)) > low
    assert float(device_power(h100, 0.05, 0.3, 0.0, "bf16", found)) > low
    assert float(device_power(h100, 0.05, 0.2, 0.0, "bf16", found, busy_share=0.2)) < low


def test_scopes_are_nested_and_add_up(catalog: Catalog) -> None:
    server = load_server(catalog, load_accelerator(catalog, "H100"))
    found = it_power_per_device(500.0, server)
    assert 500.0 < float(found.server_w) < float(found.total_w)
    assert float(found.total_w) - float(found.server_w) == pytest.approx(server.network_w + server.storage_w)


def test_liquid_cooled_servers_spend_less_on_fans_and_fill_racks_more(catalog: Catalog) -> None:
    h100 = load_accelerator(catalog, "H100")
    air, liquid = (load_server(catalog, h100, cooling) for cooling in ("air", "liquid"))  # type: ignore[arg-type]
    assert float(it_power_per_device(600.0, liquid).server_w) < float(it_power_per_device(600.0, air).server_w)
    assert rack_power_kw(h100, liquid) > rack_power_kw(h100, air)


def test_a_dgx_h100_at_full_load_stays_below_its_stated_10_2_kw(catalog: Catalog) -> None:
    h100 = load_accelerator(catalog, "H100")
    node_kw = 8 * float(it_power_per_device(h100.tdp_w, load_server(catalog, h100, "air")).server_w) / 1e3
    assert 7.0 < node_kw < 10.2


def test_a_gb200_rack_draws_the_110_to_135_kw_quoted(catalog: Catalog) -> None:
    chip = load_accelerator(catalog, "GB200")
    assert 105 < rack_power_kw(chip, load_server(catalog, chip)) < 135
