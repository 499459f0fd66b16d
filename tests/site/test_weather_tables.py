"""TMY3, PVGIS, NSRDB and NASA POWER files: read to the same contract, refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pvlib
import pytest

from wattscale.errors import InputError
from wattscale.site.sunshine import sky_of
from wattscale.site.weather import clock_error_h, read_weather

TMY3 = Path(pvlib.__file__).parent / "data" / "723170TYA.CSV"
"""Greensboro, North Carolina: shipped with pvlib as its own test file."""
CLEAR = sky_of(40.0, -75.0).clear_w_per_m2


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_tmy3_file_is_hour_ending_and_becomes_hour_beginning() -> None:
    weather = read_weather(str(TMY3))
    first = pd.read_csv(TMY3, skiprows=1).iloc[0]
    assert weather.utc_offset_h == -5.0
    assert weather.temp_air_c[5] == first["Dry-bulb (C)"]
    assert weather.pressure_pa is not None
    assert weather.pressure_pa[5] == first["Pressure (mbar)"] * 100
    assert weather.ghi_w_per_m2 is not None
    assert weather.ghi_w_per_m2.sum() / 1000 == pytest.approx(1566, abs=1)
    sky = sky_of(weather.latitude, weather.longitude)
    assert abs(clock_error_h(weather.ghi_w_per_m2, sky.clear_w_per_m2)) < 0.3


def test_a_cut_tmy3_file_names_what_is_missing(tmp_path: Path) -> None:
    lines = TMY3.read_text(encoding="latin-1").splitlines()[:4000]
    with pytest.raises(InputError, match="3998 of the 8760 hours"):
        read_weather(write(tmp_path / "place.csv", "\n".join(lines)))


def test_a_csv_that_is_no_weather_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no weather file of a known kind"):
        read_weather(write(tmp_path / "place.csv", "a,b\n1,2\n"))


def pvgis(hours: int = 8760) -> str:
    times = pd.date_range("2015-01-01", periods=8760, freq="h").strftime("%Y%m%d:%H%M")
    rows = [
        {"time(UTC)": t, "T2m": 10.0 + i % 24, "RH": 50.0, "G(h)": round(float(CLEAR[i]), 2), "Gb(n)": 0.0,
         "Gd(h)": 0.0, "IR(h)": 300.0, "WS10m": 3.0, "WD10m": 180.0, "SP": 99000.0}
        for i, t in enumerate(times[:hours])
    ]  # fmt: skip
    answer = {
        "inputs": {"location": {"latitude": 40.0, "longitude": -75.0, "elevation": 50.0}},
        "outputs": {"months_selected": [{"month": m, "year": 2015} for m in range(1, 13)], "tmy_hourly": rows},
        "meta": {"inputs": {}},
    }
    return json.dumps(answer)


def test_a_pvgis_answer_is_in_utc_and_pascal(tmp_path: Path) -> None:
    weather = read_weather(write(tmp_path / "tmy.json", pvgis()))
    assert weather.temp_air_c[:3].tolist() == [10.0, 11.0, 12.0]
    assert weather.pressure_pa is not None
    assert weather.pressure_pa[0] == 99000.0
    assert weather.dew_point_c[0] == pytest.approx(0.06, abs=0.05)
    assert weather.utc_offset_h == -5.0
    assert weather.elevation_m == 50.0


def test_a_cut_pvgis_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="8000 of the 8760 hours"):
        read_weather(write(tmp_path / "tmy.json", pvgis(8000)))
    with pytest.raises(InputError, match="is not valid JSON"):
        read_weather(write(tmp_path / "cut.json", pvgis()[:-40]))


def nsrdb(minutes: tuple[int, ...]) -> str:
    head = (
        "Source,Location ID,City,State,Country,Latitude,Longitude,Time Zone,Elevation,Local Time Zone\n"
        "NSRDB,1,-,-,-,40.0,-75.0,-5,50,-5\n"
        "Year,Month,Day,Hour,Minute,GHI,DNI,DHI,Temperature,Dew Point,Pressure,Wind Speed\n"
    )
    local = np.roll(CLEAR, -5)
    hours = pd.date_range("2019-01-01", periods=8760, freq="h")
    rows = [
        f"{t.year},{t.month},{t.day},{t.hour},{m},{local[i] + m:.1f},0,{local[i]:.1f},{t.hour},{-5},{990},{3}"
        for i, t in enumerate(hours)
        for m in minutes
    ]
    return head + "\n".join(rows) + "\n"


def test_an_nsrdb_file_in_local_time_becomes_utc(tmp_path: Path) -> None:
    weather = read_weather(write(tmp_path / "psm.csv", nsrdb((30,))))
    assert weather.temp_air_c[5] == 0.0
    assert weather.warnings == ()
    assert weather.ghi_w_per_m2 is not None
    assert abs(clock_error_h(weather.ghi_w_per_m2, CLEAR)) < 0.1


def test_half_hourly_nsrdb_values_are_averaged_and_said(tmp_path: Path) -> None:
    whole, half = (read_weather(write(tmp_path / f"{len(m)}.csv", nsrdb(m))) for m in ((0,), (0, 30)))
    assert whole.ghi_w_per_m2 is not None
    assert half.ghi_w_per_m2 is not None
    assert half.ghi_w_per_m2 == pytest.approx(whole.ghi_w_per_m2 + 15.0)
    assert [w.code for w in half.warnings] == ["averaged-to-hours"]


def nasa(standard: str = "UTC", spoil: bool = False) -> str:
    times = pd.date_range("2023-01-01", periods=8760, freq="h").strftime("%Y%m%d%H")
    values = {
        "T2M": dict.fromkeys(times, 12.0), "T2MDEW": dict.fromkeys(times, 5.0), "WS10M": dict.fromkeys(times, 4.0),
        "PS": dict.fromkeys(times, 98.5),
        "ALLSKY_SFC_SW_DWN": {t: round(float(c), 2) for t, c in zip(times, CLEAR, strict=True)},
    }  # fmt: skip
    if spoil:
        values["T2M"][times[7]] = -999.0
    return json.dumps(
        {
            "geometry": {"coordinates": [-75.0, 40.0, 50.0]},
            "properties": {"parameter": values},
            "header": {"time_standard": standard, "fill_value": -999.0},
        }
    )


def test_a_nasa_power_answer_is_read(tmp_path: Path) -> None:
    weather = read_weather(write(tmp_path / "power.json", nasa()))
    assert weather.pressure_pa is not None
    assert weather.pressure_pa[0] == 98500.0
    assert weather.dni_w_per_m2 is None
    assert weather.latitude == 40.0


def test_nasa_power_fill_values_are_missing_and_local_solar_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="temp_air has 1 missing"):
        read_weather(write(tmp_path / "power.json", nasa(spoil=True)))
    with pytest.raises(InputError, match="LST"):
        read_weather(write(tmp_path / "power.json", nasa("LST")))


BROKEN_JSON = {
    "number too large": '{"latitude": 1e400, "longitude": 2, "hourly": {"time": []}}',
    "place not on earth": '{"latitude": 100, "longitude": 2, "hourly": {"time": ["2023-01-01T00:00"]}}',
    "times are tables": '{"latitude": 1, "longitude": 2, "hourly": {"time": [1, 2, {}]}}',
    "times are a word": '{"latitude": 1, "longitude": 2, "hourly": {"time": "abc"}}',
    "offset is a word": '{"latitude": 1, "longitude": 2, "utc_offset_seconds": "x", "hourly": {"time": ["2023"]}}',
    "values are tables": '{"latitude": 1, "longitude": 2, "hourly": {"time": ["2023-01-01"], "temperature_2m": [{}]}}',
    "units are a list": '{"latitude": 1, "longitude": 2, "hourly_units": [], "hourly": {"time": ["2023"]}}',
    "years of no calendar": '{"latitude": 1, "longitude": 2, "hourly": {"time": ["290000-01-01T00:00"]}}',
    "a lone surrogate": '{"latitude": 1, "longitude": 2, "hourly": {"time": ["\\ud800"]}}',
    "NASA without values": '{"time_standard": 1, "properties": {"parameter": {"T2M": {"x": 1}}}, "header": {}}',
    "PVGIS without rows": '{"tmy_hourly": [], "outputs": {"tmy_hourly": []}, "inputs": {"location": {"latitude": 1}}}',
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_JSON)
def test_broken_answers_of_services_are_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"site\.weather") as caught:
        read_weather(write(tmp_path / "w.json", BROKEN_JSON[name]))
    assert len(str(caught.value)) < 500


def test_nasa_power_in_megajoules_is_refused(tmp_path: Path) -> None:
    answer = {
        "geometry": {"coordinates": [11.0, 48.0, 500.0]},
        "properties": {"parameter": {"T2M": {"2023010100": 1.0}, "ALLSKY_SFC_SW_DWN": {"2023010100": 0.5}}},
        "header": {"time_standard": "UTC", "fill_value": -999.0},
        "parameters": {"T2M": {"units": "C"}, "ALLSKY_SFC_SW_DWN": {"units": "MJ/hr"}},
    }
    with pytest.raises(InputError, match=r"ALLSKY_SFC_SW_DWN in 'MJ/hr'"):
        read_weather(write(tmp_path / "w.json", json.dumps(answer)))


def test_a_row_without_a_date_is_told_with_its_line(tmp_path: Path) -> None:
    lines = TMY3.read_text(encoding="latin-1").splitlines()
    lines[10] = lines[10][lines[10].index(",") :]
    with pytest.raises(InputError, match="line 11 has no readable date"):
        read_weather(write(tmp_path / "w.csv", "\n".join(lines)))
