"""How the stage puts training and serving together, with plans, servers and powers of round numbers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute import stage
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.power import PowerCoefficients, ServerClass
from wattscale.compute.result import ComputeResult
from wattscale.compute.serving_plan import Served
from wattscale.errors import InputError
from wattscale.figure import Figure, PlanWarning
from wattscale.scenario.compute import ComputeTable
from wattscale.workload.architecture import Architecture
from wattscale.workload.result import WorkloadResult

SERVER = ServerClass("by hand", 8, 4, host_idle_w=50.0, host_active_w=130.0, fan_share=0.25, psu_efficiency=0.8,
                     network_w=40.0, storage_w=10.0)  # fmt: skip
MODEL = Architecture("by hand", 10, 100, False, (), 1000)
FACTOR = Figure("x", 1.0, 0.8, 1.2, "1", "", "", "estimated")


def total_w(device_w: float, busy: float) -> float:
    """A device with its server: 50 W of a host and 80 more when busy, fans and supplies, 50 W beside it."""
    return (device_w + 50 + 80 * busy) * 1.25 / 0.8 + 50


@pytest.fixture
def simple(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> SimpleNamespace:
    """Devices of 700 W and, named `small`, 300 W, a tenth of it idle; power is known to a fifth."""
    known = load_accelerator(catalog, "H100")
    chips = {"big": replace(known, name="big", tdp_w=700.0), "small": replace(known, name="small", tdp_w=300.0)}
    power = PowerCoefficients(0.1, 0.0, 1.0, 0.5, 0.1, 0.0, 0.0, 0.5, {"bf16": 1.0})
    monkeypatch.setattr(stage, "load_accelerator", lambda catalog, name, where: chips[name])
    monkeypatch.setattr(stage, "load_power_coefficients", lambda *_: power)
    monkeypatch.setattr(stage, "load_server", lambda *_: SERVER)
    return SimpleNamespace(figure=lambda table, name: FACTOR)


@pytest.mark.parametrize(
    ("device_w", "cap", "peak_w"),
    [
        (500.0, 1.0, 600.0),  # A fifth more than computed.
        (650.0, 1.0, 700.0),  # No more than the device may draw,
        (500.0, 0.8, 560.0),  # or its cap,
        (500.0, 0.5, 500.0),  # but always what was computed.
    ],
)
def test_devices_with_their_spares_and_largest_power(
    simple: SimpleNamespace, device_w: float, cap: float, peak_w: float
) -> None:
    """2.1 spares for 70 devices are 3, which idle at 70 W."""
    table = ComputeTable(spare_share=0.03, power_cap_share=cap)
    chip = stage.load_accelerator(None, "big", "")  # type: ignore[arg-type]
    devices, peak_mw, spare_mw = stage._part(table, simple, chip, 70, device_w)  # type: ignore[arg-type]
    assert devices == 73
    assert spare_mw == pytest.approx(3 * total_w(70.0, 0.0) / 1e6)
    assert peak_mw == pytest.approx(70 * total_w(peak_w, 1.0) / 1e6 + spare_mw)


@pytest.mark.parametrize(("share", "devices", "spares"), [(0.02, 50, 1), (0.02, 51, 2), (0.07, 100, 7), (0.0, 9, 0)])
def test_spares_are_rounded_up(simple: SimpleNamespace, share: float, devices: int, spares: int) -> None:
    """0.07 of 100 are 7.000000000000001 in binary numbers, and seven spares."""
    chip = stage.load_accelerator(None, "big", "")  # type: ignore[arg-type]
    table = ComputeTable(spare_share=share)
    assert stage._part(table, simple, chip, devices, 500.0)[0] == devices + spares  # type: ignore[arg-type]


def test_parts_of_one_device_or_two_are_added() -> None:
    one = stage._add({}, "big", (10.0, 3.0, 0.5), 0.0, 0.0)
    assert one == ({"big": 10.0}, 3.0, 0.5)
    assert stage._add(one[0], "big", (4.0, 2.0, 0.25), one[1], one[2]) == ({"big": 14.0}, 5.0, 0.75)
    assert stage._add(one[0], "small", (4.0, 2.0, 0.25), *one[1:]) == ({"big": 10.0, "small": 4.0}, 5.0, 0.75)


def planned(monkeypatch: pytest.MonkeyPatch, catalog: SimpleNamespace, table: ComputeTable, trains: bool = True,
            requests: float | None = 10.0, peak_mw: float = 1.0) -> ComputeResult:  # fmt: skip
    """Train on 100 devices at 500 W and serve with 40 at 300; training draws 0.1 MW and `peak_mw` in one hour."""
    training_mw, serving_mw = np.full(8760, 0.1), np.full(8760, 0.02)
    training_mw[7] = peak_mw
    training = SimpleNamespace(devices=100, device_power_w=500.0, power_mw=training_mw)
    served = Served(SimpleNamespace(devices=40, power_mw=serving_mw), 300.0, {"serving.devices": 40.0},  # type: ignore[arg-type]
                    (PlanWarning("two", ""),), ("front",))  # type: ignore[arg-type]  # fmt: skip
    told = ({"training.mfu": 0.4, "hours": 9.0}, (PlanWarning("one", ""),))
    monkeypatch.setattr(stage, "plan_training", lambda *_: (training, *told))
    monkeypatch.setattr(stage, "plan_serving", lambda *_: served)
    serving = None if requests is None else SimpleNamespace(requests_per_hour=np.array([0.0, requests]))
    workload = WorkloadResult(MODEL, object() if trains else None, serving, {})  # type: ignore[arg-type]
    return stage.run(table, workload, catalog)  # type: ignore[arg-type]


TABLE = ComputeTable(accelerator="big", serving_accelerator="small", spare_share=0.1)


def test_training_and_serving_on_devices_of_their_own(monkeypatch: pytest.MonkeyPatch, simple: SimpleNamespace) -> None:
    """Ten and four spares idle at 70 and 30 W; at their largest the devices draw 600 of 700 W and 300 of 300."""
    found = planned(monkeypatch, simple, TABLE, peak_mw=0.11)
    spare = (10 * total_w(70.0, 0.0) + 4 * total_w(30.0, 0.0)) / 1e6
    design = (100 * total_w(600.0, 1.0) + 40 * total_w(300.0, 1.0)) / 1e6 + spare
    assert found.devices_by_accelerator == {"big": 110.0, "small": 44.0}
    assert found.spare_power_mw == pytest.approx(spare, rel=1e-9)
    assert found.design_it_power_mw == pytest.approx(design, rel=1e-9)
    hours = np.full(8760, 0.12 + spare)
    hours[7] = 0.13 + spare
    assert found.it_power_mw == pytest.approx(hours, rel=1e-9)
    assert found.rack_kw == pytest.approx((700 + 130) * 1.5625 * 32 / 1e3, rel=1e-9)
    assert {w.code for w in found.warnings} == {"one", "two"}
    assert found.serving_front == ("front",)
    expected = {
        "training.mfu": 0.4, "training.hours": 9.0, "serving.devices": 40.0, "devices": 154.0,
        "it_energy_mwh": 8760 * (0.12 + spare) + 0.01, "it_peak_mw": 0.13 + spare,
        "it_mean_mw": 0.12 + spare + 0.01 / 8760, "design_it_power_mw": design, "rack_kw": found.rack_kw,
    }  # fmt: skip
    assert found.figures == pytest.approx(expected, rel=1e-9)


def test_the_building_is_sized_for_the_hour_that_draws_most(
    monkeypatch: pytest.MonkeyPatch, simple: SimpleNamespace
) -> None:
    found = planned(monkeypatch, simple, TABLE, peak_mw=9.0)
    assert found.design_it_power_mw == pytest.approx(9.02 + found.spare_power_mw, rel=1e-9)


def test_one_device_for_both_is_counted_once(monkeypatch: pytest.MonkeyPatch, simple: SimpleNamespace) -> None:
    found = planned(monkeypatch, simple, ComputeTable(accelerator="big", spare_share=0.1))
    assert found.devices_by_accelerator == {"big": 154.0}
    other = ComputeTable(accelerator="big", training_accelerator="small", spare_share=0.1)
    assert planned(monkeypatch, simple, other).devices_by_accelerator == {"small": 110.0, "big": 44.0}


@pytest.mark.parametrize("requests", [None, 0.0])
def test_training_alone(monkeypatch: pytest.MonkeyPatch, simple: SimpleNamespace, requests: float | None) -> None:
    """A year without a request is served by nobody."""
    found = planned(monkeypatch, simple, TABLE, requests=requests)
    assert found.serving is None
    assert found.devices_by_accelerator == {"big": 110.0}
    assert float(found.it_power_mw[0]) == pytest.approx(0.1 + found.spare_power_mw)


def test_serving_alone(monkeypatch: pytest.MonkeyPatch, simple: SimpleNamespace) -> None:
    """Half a request in an hour is something to serve."""
    found = planned(monkeypatch, simple, TABLE, trains=False, requests=0.5)
    assert found.training is None
    assert found.devices_by_accelerator == {"small": 44.0}
    assert float(found.it_power_mw[0]) == pytest.approx(0.02 + 4 * total_w(30.0, 0.0) / 1e6)
    assert found.rack_kw == pytest.approx((300 + 130) * 1.5625 * 32 / 1e3, rel=1e-9)
    with pytest.raises(InputError, match="nothing to train and nothing to serve"):
        planned(monkeypatch, simple, TABLE, trains=False, requests=0.0)
