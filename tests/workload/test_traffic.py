"""Requests of the year from a shape and from logs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.errors import InputError
from wattscale.hours import calendar_of, local_weekday
from wattscale.scenario.workload import ServingTable
from wattscale.workload.request_log import read_request_log
from wattscale.workload.traffic import daily_shape, shaped_year, traffic

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


def day_of(weekday: int) -> int:
    """First day of the model year that is this day of week."""
    return int((local_weekday()[::24] == weekday).argmax())


def write(path: Path, rows: list[tuple[datetime, int, int]]) -> Path:
    lines = [f"{t:%Y-%m-%d %H:%M:%S.%f},{i},{o}" for t, i, o in rows]
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def every(minutes: float, hours: float, start: datetime = datetime(2024, 1, 1)) -> list[tuple[datetime, int, int]]:
    count = round(hours * 60 / minutes) + 1
    return [(start + timedelta(minutes=minutes * i), 100, 10) for i in range(count)]


@settings(max_examples=40, deadline=None)
@given(
    peak=st.floats(1, 24),
    hour=st.floats(0, 23.9),
    weekend=st.floats(0, 3),
    offset=st.integers(-12, 14),
    day=st.floats(1, 1e9),
)
def test_a_year_keeps_the_requests_asked_for_whatever_its_shape(
    peak: float, hour: float, weekend: float, offset: int, day: float
) -> None:
    table = ServingTable(requests_per_day=day, peak_to_mean=peak, peak_hour_local=hour, weekend_share=weekend)
    year = shaped_year(table, float(offset))
    assert year.shape == (8760,)
    assert (year >= 0).all()
    assert year.sum() == pytest.approx(365 * day, rel=1e-9)


@pytest.mark.parametrize("peak", [1.0, 1.3, 2.0, 6.0, 23.0])
def test_the_busiest_hour_of_a_day_is_as_asked(peak: float) -> None:
    shape = daily_shape(np.arange(24.0), 15.0, peak)
    assert shape.max() / shape.mean() == pytest.approx(peak, rel=1e-6)


def test_the_peak_hour_is_local_and_weekends_are_quieter() -> None:
    year = shaped_year(ServingTable(peak_hour_local=15.0, weekend_share=0.5), -5.0)
    monday, saturday = year[24 * day_of(0) + 20], year[24 * day_of(5) + 20]
    assert year[:24].argmax() == 20
    assert saturday == pytest.approx(0.5 * monday)


def test_the_users_offset_wins_over_that_of_the_site() -> None:
    found = traffic(ServingTable(utc_offset_h=9.0), -5.0).requests_per_hour
    assert (found == traffic(ServingTable(), 9.0).requests_per_hour).all()


def test_an_hour_of_log_gives_its_rate_with_the_shape_of_the_scenario(tmp_path: Path) -> None:
    log = read_request_log(write(tmp_path / "log.csv", every(1.0, 1.0)))
    found = traffic(ServingTable(), 0.0, log)
    assert found.requests_per_hour.mean() == pytest.approx(61.0)
    assert found.requests_per_hour.max() > 1.5 * found.requests_per_hour.mean()
    assert (found.input_tokens, found.output_tokens, found.warnings[0].code) == (100.0, 10.0, "log-short")


def test_a_week_of_log_is_repeated_with_its_weekdays(tmp_path: Path) -> None:
    rows = [r for r in every(10.0, 24 * 7) if r[0].weekday() < 5 or r[0].minute == 0]
    found = traffic(ServingTable(), 0.0, read_request_log(write(tmp_path / "log.csv", rows)))
    year = found.requests_per_hour
    assert year[24 * day_of(1) + 6] == pytest.approx(6.0)
    assert year[24 * day_of(5) + 3] == pytest.approx(1.0)
    assert year[24 * 7 : 24 * 14] == pytest.approx(year[24 * 14 : 24 * 21])
    assert found.warnings[0].code == "log-tiled"


def test_a_log_that_starts_within_the_week_is_put_on_the_right_weekday(tmp_path: Path) -> None:
    rows = [r for r in every(10.0, 24 * 7.5, datetime(2024, 1, 4, 11, 30)) if r[0].weekday() != 6 or r[0].minute == 0]
    year = traffic(ServingTable(), 0.0, read_request_log(write(tmp_path / "log.csv", rows))).requests_per_hour
    assert year[24 * day_of(6) + 5] == pytest.approx(1.0)
    assert year[24 * day_of(2) + 5] == pytest.approx(6.0)


def test_days_of_log_are_repeated_and_part_hours_count_by_their_part(tmp_path: Path) -> None:
    log = read_request_log(write(tmp_path / "log.csv", every(10.0, 36.0, datetime(2024, 3, 1, 7, 30))))
    year = traffic(ServingTable(), 0.0, log).requests_per_hour
    assert year == pytest.approx(np.full(8760, 6.0), rel=0.3)
    assert year[12] == pytest.approx(6.0)


def test_a_leap_year_of_log_is_taken_hour_by_hour_without_its_leap_day(tmp_path: Path) -> None:
    rows = [r for r in every(60.0, 8784 - 0.5) if r[0].month != 2 or r[0].day != 29 or r[0].hour == 0]
    rows += [(datetime(2024, 3, 1, 5, 10), 100, 10), (datetime(2024, 12, 31, 23, 59, 59), 100, 10)]
    found = traffic(ServingTable(), 0.0, read_request_log(write(tmp_path / "log.csv", rows)), calendar_of(2024))
    assert found.requests_per_hour[(31 + 28) * 24 + 5] == pytest.approx(2.0)
    assert found.requests_per_hour.sum() == pytest.approx(8762, rel=1e-3)
    assert found.warnings[0].code == "leap-day-dropped"


def test_a_log_is_scaled_only_when_asked(tmp_path: Path) -> None:
    log = read_request_log(write(tmp_path / "log.csv", every(10.0, 24 * 8)))
    plain = traffic(ServingTable(requests_per_day=1e6), 0.0, log).requests_per_hour
    scaled = traffic(ServingTable(requests_per_day=1e6, log_scale="requests_per_day"), 0.0, log).requests_per_hour
    assert plain.sum() == pytest.approx(6 * 8760, rel=2e-3)
    assert scaled.sum() == pytest.approx(365e6)
    assert scaled / scaled.sum() == pytest.approx(plain / plain.sum())


def test_csv_parquet_and_shuffled_rows_give_the_same(tmp_path: Path) -> None:
    rows = every(7.0, 50.0)
    csv = write(tmp_path / "log.csv", rows)
    shuffled = write(tmp_path / "shuffled.csv", [rows[i] for i in np.random.default_rng(1).permutation(len(rows))])
    parquet = tmp_path / "log.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{csv}')) TO '{parquet}'")
    first, *others = (read_request_log(p) for p in (csv, shuffled, parquet))
    for other in others:
        assert (first.requests == other.requests).all()
        assert (first.start_h, first.mean_input_tokens) == (other.start_h, other.mean_input_tokens)


def test_timestamps_with_a_zone_are_brought_to_utc(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(HEADER + "2024-01-01 05:00:00+05:00,1,1\n2024-01-01 06:30:00+05:00,1,1\n", encoding="utf-8")
    log = read_request_log(path)
    assert log.start_h == datetime(2024, 1, 1, tzinfo=UTC).timestamp() / 3600


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "TIMESTAMP"),
        (HEADER, "no requests"),
        ("time,ContextTokens,GeneratedTokens\n2024-01-01,1,1\n", "no column TIMESTAMP"),
        (HEADER + "yesterday,1,1\n2024-01-01,1,1\n", "1 of 2 rows have no readable TIMESTAMP"),
        (HEADER + "2024-01-01 00:00:00,-5,1\n2024-01-02,1,1\n", "negative ContextTokens"),
        (HEADER + "2024-01-01 00:00:00,5,\n2024-01-02,1,1\n", "no readable GeneratedTokens"),
        (HEADER + "2024-01-01 00:00:00,5,1\n", "same time"),
    ],
)
def test_a_broken_log_is_refused_with_its_name_and_the_reason(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_request_log(path)
    assert "log.csv" in str(caught.value)
    assert word in str(caught.value)


def test_a_missing_log_is_refused() -> None:
    with pytest.raises(InputError, match="no such file"):
        read_request_log("/nowhere/log.csv")


def test_empty_hours_of_a_busy_log_are_pointed_out(tmp_path: Path) -> None:
    rows = [r for r in every(1.0, 24 * 8) if not (r[0].day == 3 and 2 <= r[0].hour < 6)]
    busy = traffic(ServingTable(), 0.0, read_request_log(write(tmp_path / "busy.csv", rows)))
    assert [w.code for w in busy.warnings] == ["log-tiled", "log-empty-hours"]
    assert "4 hours" in busy.warnings[1].message
    quiet = traffic(ServingTable(), 0.0, read_request_log(write(tmp_path / "quiet.csv", every(600.0, 24 * 8))))
    assert [w.code for w in quiet.warnings] == ["log-tiled"]


def test_the_azure_trace_is_read(shared_data: Callable[[str], Path]) -> None:
    log = read_request_log(shared_data("traces/azure_llm_conversation_2023.csv"))
    assert log.requests.sum() == 19_366
    assert log.span_h == pytest.approx(0.97, abs=0.05)
    assert log.mean_input_tokens == pytest.approx(1155, abs=1)
    assert log.mean_output_tokens == pytest.approx(211, abs=1)


@pytest.mark.slow
def test_a_million_rows_are_read_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "big.parquet"
    duckdb.sql(
        "COPY (SELECT TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND AS TIMESTAMP, i % 2000 AS ContextTokens, "
        f"i % 300 AS GeneratedTokens FROM range(1000000) t(i)) TO '{path}'"
    )
    log = read_request_log(path)
    assert log.requests[:-1].tolist() == [3600.0] * (len(log.requests) - 1)
