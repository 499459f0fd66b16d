"""Reading of weather, price and carbon files: the right is read, the wrong is told with file, line and remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wattscale.errors import InputError
from wattscale.site.carbon import read_carbon
from wattscale.site.prices import read_prices
from wattscale.site.sunshine import sky_of
from wattscale.site.weather import clock_error_h, read_weather


def price_rows(year: int = 2023) -> pd.DataFrame:
    times = pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h")
    return pd.DataFrame(
        {"time_utc": times.strftime("%Y-%m-%d %H:%M"), "price_usd_per_mwh": np.arange(len(times)) * 0.01 - 5.0}
    )


def written(frame: pd.DataFrame, tmp_path: Path) -> str:
    path = tmp_path / "prices.csv"
    frame.to_csv(path, index=False)
    return str(path)


def test_prices_are_read_as_they_are_negative_ones_too(tmp_path: Path) -> None:
    file = read_prices(written(price_rows(), tmp_path))
    assert file.price_usd_per_mwh.shape == (8760,)
    assert file.price_usd_per_mwh[0] == pytest.approx(-5.0)
    assert file.price_usd_per_mwh[-1] == pytest.approx(8759 * 0.01 - 5.0)
    assert file.warnings == ()


def test_29_february_is_dropped_with_a_warning(tmp_path: Path) -> None:
    rows = price_rows(2024)
    file = read_prices(written(rows, tmp_path))
    first_of_march = (31 + 28) * 24
    assert file.price_usd_per_mwh[first_of_march] == pytest.approx(rows["price_usd_per_mwh"][first_of_march + 24])
    assert [w.code for w in file.warnings] == ["leap-day-dropped"]


def test_a_year_that_starts_in_local_time_is_put_in_its_place(tmp_path: Path) -> None:
    times = pd.date_range("2022-12-31 23:00", periods=8760, freq="h")
    rows = pd.DataFrame({"time_utc": times.strftime("%Y-%m-%dT%H:%MZ"), "price_usd_per_mwh": np.arange(8760.0)})
    file = read_prices(written(rows, tmp_path))
    assert file.price_usd_per_mwh[0] == 1.0
    assert file.price_usd_per_mwh[-1] == 0.0


def test_half_past_stamps_are_shared_between_the_hours_they_overlap(tmp_path: Path) -> None:
    rows = price_rows()
    rows["time_utc"] = rows["time_utc"].str.replace(":00", ":30")
    rows["price_usd_per_mwh"] = 20.0
    rows.loc[10, "price_usd_per_mwh"] = 120.0
    file = read_prices(written(rows, tmp_path))
    assert file.price_usd_per_mwh[9:13].tolist() == [20.0, 70.0, 70.0, 20.0]
    assert [w.code for w in file.warnings] == ["half-hour-stamps"]


def broken(change: Callable[[pd.DataFrame], pd.DataFrame], tmp_path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_prices(written(change(price_rows()), tmp_path))
    assert "site.prices" in str(caught.value)
    assert "prices.csv" in str(caught.value)
    return str(caught.value)


def test_a_file_one_hour_short_names_the_missing_hour(tmp_path: Path) -> None:
    message = broken(lambda f: f.iloc[:-1], tmp_path)
    assert "8759 of the 8760 hours" in message
    assert "12-31 23:00" in message


def test_a_gap_names_its_first_and_last_hour(tmp_path: Path) -> None:
    message = broken(lambda f: f.drop(index=range(100, 104)), tmp_path)
    assert "01-05 04:00 to 01-05 07:00" in message
    assert "site.repair_hours = 4" in message


def test_a_repeated_hour_names_both_lines(tmp_path: Path) -> None:
    message = broken(lambda f: pd.concat([f, f.iloc[[5]]]), tmp_path)
    assert "occur twice" in message
    assert "lines 7 and 8762" in message


def test_a_missing_value_names_its_line(tmp_path: Path) -> None:
    def gap(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[3, "price_usd_per_mwh"] = np.nan
        return frame

    assert "first in line 5" in broken(gap, tmp_path)


def test_text_instead_of_a_number_names_its_line(tmp_path: Path) -> None:
    def text(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.astype({"price_usd_per_mwh": str}).replace({"price_usd_per_mwh": {"-5.0": "12,5"}})

    message = broken(text, tmp_path)
    assert "line 2" in message
    assert "12,5" in message


def test_half_hourly_rows_are_refused(tmp_path: Path) -> None:
    def half(frame: pd.DataFrame) -> pd.DataFrame:
        later = frame.assign(time_utc=frame["time_utc"].str.replace(":00", ":30"))
        return pd.concat([frame, later]).sort_values("time_utc")

    assert "not hourly" in broken(half, tmp_path)


def test_a_wrong_column_is_named(tmp_path: Path) -> None:
    message = broken(lambda f: f.rename(columns={"price_usd_per_mwh": "price"}), tmp_path)
    assert "has no column price_usd_per_mwh" in message


def test_an_unreadable_time_names_its_line(tmp_path: Path) -> None:
    def bad(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[1, "time_utc"] = "yesterday"
        return frame

    assert "line 3" in broken(bad, tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("")
    with pytest.raises(InputError, match="cannot be read"):
        read_prices(str(path))


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(b"\xff\xfe\x00PK\x03\x04" * 50)
    with pytest.raises(InputError):
        read_prices(str(path))


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    written(price_rows(), tmp_path)
    with pytest.raises(InputError, match=r"Did you mean 'prices\.csv'"):
        read_prices(str(tmp_path / "price.csv"))


def test_gaps_are_closed_only_on_request_and_reported(tmp_path: Path) -> None:
    rows = price_rows().drop(index=[100, 101])
    rows.loc[200, "price_usd_per_mwh"] = np.nan
    path = written(rows, tmp_path)
    with pytest.raises(InputError):
        read_prices(path)
    file = read_prices(path, repair_hours=2)
    assert file.price_usd_per_mwh[[100, 101, 200]] == pytest.approx([-4.0, -3.99, -3.0])
    assert [w.code for w in file.warnings] == ["gaps-filled"]
    with pytest.raises(InputError, match="longest gap 2 h"):
        read_prices(path, repair_hours=1)


def test_carbon_keeps_direct_and_lifecycle_apart(shared_data: Callable[[str], Path]) -> None:
    file = read_carbon(str(shared_data("hourly/carbon_US-MIDA-PJM_2023.csv")))
    assert file.carbon_kg_per_mwh.mean() == pytest.approx(321.8, abs=0.1)
    assert file.carbon_lifecycle_kg_per_mwh is not None
    assert file.carbon_lifecycle_kg_per_mwh.mean() == pytest.approx(392.4, abs=0.1)
    assert file.cfe_share is not None
    assert file.cfe_share.mean() == pytest.approx(0.409, abs=0.001)


def test_negative_carbon_is_refused(tmp_path: Path) -> None:
    rows = price_rows().rename(columns={"price_usd_per_mwh": "ci_direct_g_per_kwh"})
    path = written(rows, tmp_path)
    with pytest.raises(InputError, match=r"line 2: ci_direct_g_per_kwh is '-5.0'"):
        read_carbon(path)


def test_a_real_half_hour_zone_is_read(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("hourly/price_IN-WE_2023.csv")
    file = read_prices(str(path))
    raw = pd.read_csv(path)["price_usd_per_mwh"]
    assert file.price_usd_per_mwh.mean() == pytest.approx(raw.mean())
    assert file.price_usd_per_mwh[1] == pytest.approx((raw[0] + raw[1]) / 2)


EPW = "us_va_leesburg"


@pytest.fixture(scope="module")
def epw_lines(shared_data: Callable[[str], Path]) -> list[str]:
    return shared_data(f"weather/{EPW}.epw").read_text(encoding="latin-1").splitlines()


def epw_file(lines: list[str], tmp_path: Path) -> str:
    path = tmp_path / "place.epw"
    path.write_text("\r\n".join(lines) + "\n", encoding="latin-1")
    return str(path)


def broken_epw(lines: list[str], tmp_path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_weather(epw_file(lines, tmp_path))
    assert "site.weather" in str(caught.value)
    assert "place.epw" in str(caught.value)
    return str(caught.value)


def with_cell(line: str, position: int, word: str) -> str:
    cells = line.split(",")
    cells[position] = word
    return ",".join(cells)


def test_an_epw_hour_is_the_hour_that_ends_at_its_number(epw_lines: list[str], tmp_path: Path) -> None:
    weather = read_weather(epw_file(epw_lines, tmp_path))
    first = epw_lines[8].split(",")
    assert weather.utc_offset_h == -5.0
    assert weather.temp_air_c[5] == float(first[6])
    assert weather.pressure_pa is not None
    assert weather.pressure_pa[5] == float(first[9])


@pytest.mark.slow
def test_the_sun_of_each_real_file_stands_where_it_should(shared_data: Callable[[str], Path]) -> None:
    for path in sorted(shared_data("weather").glob("*.epw")):
        weather = read_weather(str(path))
        sky = sky_of(weather.latitude, weather.longitude)
        assert weather.ghi_w_per_m2 is not None
        assert abs(clock_error_h(weather.ghi_w_per_m2, sky.clear_w_per_m2)) < 0.6, path.name


def test_a_short_epw_names_the_missing_hours(epw_lines: list[str], tmp_path: Path) -> None:
    message = broken_epw(epw_lines[:5000], tmp_path)
    assert "4992 of the 8760 hours" in message


def test_a_missing_code_in_an_epw_names_its_line(epw_lines: list[str], tmp_path: Path) -> None:
    lines = list(epw_lines)
    lines[100] = with_cell(lines[100], 6, "99.9")
    message = broken_epw(lines, tmp_path)
    assert "dry bulb has 1 missing" in message
    assert "line 101" in message


def test_nan_in_an_epw_is_missing(epw_lines: list[str], tmp_path: Path) -> None:
    lines = list(epw_lines)
    lines[100] = with_cell(lines[100], 13, "nan")
    assert "global horizontal radiation has 1 missing" in broken_epw(lines, tmp_path)


def test_an_impossible_value_in_an_epw_names_its_line(epw_lines: list[str], tmp_path: Path) -> None:
    lines = list(epw_lines)
    lines[50] = with_cell(lines[50], 6, "85")
    message = broken_epw(lines, tmp_path)
    assert "line 51: dry bulb is 85" in message


def test_text_in_an_epw_names_its_line(epw_lines: list[str], tmp_path: Path) -> None:
    lines = list(epw_lines)
    lines[50] = with_cell(lines[50], 21, "calm")
    assert "line 51: wind speed is 'calm'" in broken_epw(lines, tmp_path)


def test_a_repeated_row_of_an_epw_is_found(epw_lines: list[str], tmp_path: Path) -> None:
    assert "occur twice" in broken_epw([*epw_lines[:30], epw_lines[29], *epw_lines[30:]], tmp_path)


def test_an_hour_zero_in_an_epw_is_refused(epw_lines: list[str], tmp_path: Path) -> None:
    lines = list(epw_lines)
    lines[8] = with_cell(lines[8], 3, "0")
    assert "line 9: there is no month 1, day 1, hour 0" in broken_epw(lines, tmp_path)


def test_a_cut_line_of_an_epw_is_refused(epw_lines: list[str], tmp_path: Path) -> None:
    lines = list(epw_lines)
    lines[-1] = lines[-1][:30]
    assert "fields" in broken_epw(lines, tmp_path)


def test_a_header_without_a_time_zone_is_refused(epw_lines: list[str], tmp_path: Path) -> None:
    lines = [with_cell(epw_lines[0], 8, ""), *epw_lines[1:]]
    assert "time zone is ''" in broken_epw(lines, tmp_path)


def test_a_file_that_is_no_epw_is_refused(tmp_path: Path) -> None:
    assert "LOCATION" in broken_epw(["<html>", "not found"], tmp_path)


def test_29_february_of_an_epw_is_dropped_with_a_warning(epw_lines: list[str], tmp_path: Path) -> None:
    start = 8 + 59 * 24
    leap = [with_cell(with_cell(line, 1, "2"), 2, "29") for line in epw_lines[start : start + 24]]
    weather = read_weather(epw_file([*epw_lines[:start], *leap, *epw_lines[start:]], tmp_path))
    assert [w.code for w in weather.warnings] == ["leap-day-dropped"]


def test_a_column_that_is_missing_throughout_is_left_to_the_stage(epw_lines: list[str], tmp_path: Path) -> None:
    lines = [*epw_lines[:8], *(with_cell(line, 9, "999999") for line in epw_lines[8:])]
    assert read_weather(epw_file(lines, tmp_path)).pressure_pa is None


def test_an_unknown_weather_format_lists_those_known(tmp_path: Path) -> None:
    path = tmp_path / "weather.xyz"
    path.write_text("1,2")
    with pytest.raises(InputError, match=r"ends in '\.xyz', not as a weather file does"):
        read_weather(str(path))


def test_open_meteo_winds_in_km_per_h_become_m_per_s(shared_data: Callable[[str], Path]) -> None:
    weather = read_weather(str(shared_data("weather/de_frankfurt_openmeteo_era5_2023.json")))
    assert weather.wind_speed_ms.mean() == pytest.approx(3.3, abs=0.3)
    assert weather.ghi_w_per_m2 is None
    assert weather.utc_offset_h == 1.0
    assert (weather.dew_point_c <= weather.temp_air_c + 1e-9).all()


def test_a_corrupt_open_meteo_answer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    for text, reason in (
        ("{", "not valid JSON"),
        ('{"error": true, "reason": "no data"}', "no data"),
        ('{"latitude": 1, "longitude": 2, "hourly": {"time": ["2023-01-01T00:00"]}}', "temperature_2m"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=reason):
            read_weather(str(path))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_any_system_ends_them(tmp_path: Path, end: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(price_rows().to_csv(index=False, lineterminator=end).encode())
    assert read_prices(str(path)).price_usd_per_mwh.shape == (8760,)
