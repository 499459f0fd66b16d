"""Request logs as people have them: wrong dates, failed requests, gaps, odd names; each told, none read as another."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.errors import InputError
from wattscale.hours import calendar_of
from wattscale.scenario.workload import ServingTable
from wattscale.study.store import Store
from wattscale.workload.request_log import RequestLog, read_request_log
from wattscale.workload.stray import main_part
from wattscale.workload.traffic import Traffic, traffic

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


def planned(path: Path) -> Traffic:
    return traffic(ServingTable(), 0.0, read_request_log(path))


def message(found: Traffic, code: str) -> str:
    return next(w.message for w in found.warnings if w.code == code)


def write(path: Path, rows: list[tuple[str, object, object]]) -> Path:
    path.write_text(HEADER + "".join(f"{t},{a},{b}\n" for t, a, b in rows), encoding="utf-8")
    return path


def test_one_row_decades_off_is_left_out_and_told(cases: Path) -> None:
    found = planned(cases / "J-one-wrong-date.csv")
    assert found.requests_per_hour.mean() == pytest.approx(62.5, rel=0.01)  # 3,000 requests in 48 h
    told = message(found, "log-stray-rows")
    assert "1 of the 3,001 rows" in told
    assert "54 years" in told
    assert "1970-01-01" in told


def test_a_log_without_output_tokens_is_refused_with_the_key_to_use(cases: Path) -> None:
    with pytest.raises(InputError, match=r"0 GeneratedTokens in all of its 3,000 rows.*workload.serving.output_tokens"):
        read_request_log(cases / "J-no-output-tokens.csv")


def test_failed_requests_are_counted_and_kept_out_of_the_mean_output(cases: Path) -> None:
    log = read_request_log(cases / "J-tenth-failed.csv")
    assert log.requests.sum() == 3000
    assert log.failed == 300
    assert log.mean_output_tokens == pytest.approx(300, rel=0.01)
    assert log.mean_input_tokens == pytest.approx(1000, rel=0.01)
    assert "300 of the 3,000 requests" in message(planned(cases / "J-tenth-failed.csv"), "log-failed-requests")


def test_a_month_without_requests_is_told_with_both_means(cases: Path) -> None:
    told = message(planned(cases / "J-month-without-requests.csv"), "log-gap")
    assert "30.0 of its 32.0 days" in told
    assert "94 requests a day" in told
    assert "1,501 without them" in told


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("J-burstgpt.csv", "has no column ContextTokens"),
        ("J-mooncake.jsonl", "ends in '.jsonl', not as a request log does"),
        ("J-epoch-seconds.csv", "such as '1715299200.000'. Write dates"),
    ],
)
def test_layouts_not_read_yet_are_refused_with_the_true_reason(cases: Path, name: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_request_log(cases / name)
    assert words in str(caught.value)


ODD_NAMES = ["log[1].csv", "log?.csv", "log*.csv", "**.csv", "[!a].csv", "[].csv", "]a[.csv", "{a,b}.csv", "a'b.csv",
             'a"b.csv', "x,y.csv", "~log.csv", " log .csv", "#%20.csv", "lög.csv", "-.csv"]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("packed", [False, True])
def test_a_name_reads_its_own_file_and_no_other(tmp_path: Path, name: str, packed: bool) -> None:
    def log(path: Path, tokens: int) -> Path:
        write(path, [("2024-01-01 00:00:00", tokens, 1), ("2024-01-01 01:00:00", tokens, 1)])
        if packed:
            whole = path.with_name(path.name + ".gz")
            whole.write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
            return whole
        return path

    for other in ("log1.csv", "log12.csv", "a.csv", "b.csv", "x.csv"):
        log(tmp_path / other, 999)
    own = log(tmp_path / name, 7)
    assert read_request_log(own).mean_input_tokens == 7


def test_a_folder_with_such_a_name_reads_its_own_file_too(tmp_path: Path) -> None:
    rows = [("2024-01-01 00:00:00", 7, 1), ("2024-01-01 01:00:00", 7, 1)]
    for folder in ("run[1]", "run1", "TIMESTAMP=2020-01-01"):
        (tmp_path / folder).mkdir()
    write(tmp_path / "run1" / "log.csv", [(t, 999, b) for t, _, b in rows])
    assert read_request_log(write(tmp_path / "run[1]" / "log.csv", rows)).mean_input_tokens == 7
    log = read_request_log(write(tmp_path / "TIMESTAMP=2020-01-01" / "log.csv", rows))
    assert log.hours[0] == datetime(2024, 1, 1).timestamp() // 3600 or log.span_h == 1.0
    parquet = tmp_path / "run[1]" / "log.parquet"
    duckdb.sql(f"COPY (SELECT TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS TIMESTAMP, 7 AS ContextTokens, "
               f"1 AS GeneratedTokens FROM range(3) t(i)) TO '{parquet}'")  # fmt: skip
    (tmp_path / "run1" / "log.parquet").write_bytes(b"PAR1 no parquet PAR1")
    assert read_request_log(parquet).requests.sum() == 3


def test_the_parts_of_a_study_are_those_of_its_own_folder(tmp_path: Path) -> None:
    for folder, value in (("s1", 9.0), ("s[1]", 1.0), ("case_index=3", 2.0)):
        (tmp_path / folder).mkdir()
        Store(tmp_path / folder).add([{"case_index": 0, "case_id": "a", "x": value}])
    assert Store(tmp_path / "s[1]").frame()["x"].tolist() == [1.0]
    assert Store(tmp_path / "case_index=3").frame()["case_index"].tolist() == [0]


def test_years_no_request_is_of_are_left_out_or_refused(tmp_path: Path) -> None:
    right = [(f"2024-01-01 {h:02d}:{m:02d}:00", 10, 5) for h in range(24) for m in range(60)]
    found = planned(write(tmp_path / "a.csv", [("290000-01-01", 10, 5), ("infinity", 10, 5), *right]))
    assert found.requests_per_hour.mean() == pytest.approx(60, rel=0.05)
    assert "2 outside the years 1970 to 2099" in message(found, "log-stray-rows")
    with pytest.raises(InputError, match="1,440 of 1,442 rows have a TIMESTAMP outside the years 1970 to 2099"):
        read_request_log(write(tmp_path / "b.csv", [(f"29{t}", a, b) for t, a, b in right] + right[:2]))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("2024-01-01", "1e300", 1), ("2024-01-02", 1, 1)], "more than 100,000,000 ContextTokens"),
        ([("2024-01-01", 1, "inf"), ("2024-01-02", 1, 1)], "more than 100,000,000 GeneratedTokens"),
        ([("2024-01-01", 0, 1), ("2024-01-02", 0, 1)], "0 ContextTokens in all"),
        ([("2024-01-01", "nan", 1), ("2024-01-02", 1, 1)], "no readable ContextTokens"),
        ([("x" * 5000, 1, 1), ("2024-01-02", 1, 1)], "5,000 characters"),
    ],
)
def test_tokens_beyond_reason_are_refused(tmp_path: Path, rows: list[tuple[str, object, object]], words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_request_log(write(tmp_path / "a.csv", rows))
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_columns_are_those_of_the_header_whatever_separates_them(tmp_path: Path, separator: str, end: str) -> None:
    lines = ["GeneratedTokens,note,timestamp,ContextTokens", '5,"a b",2024-01-01 00:00:00,7', "5,,2024-01-02,7", ""]
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + end.join(lines).replace(",", separator).encode())
    log = read_request_log(path)
    assert (log.requests.sum(), log.mean_input_tokens, log.mean_output_tokens) == (2, 7, 5)


@settings(max_examples=60, deadline=None)
@given(
    hours=st.lists(st.integers(0, 1_000_000), min_size=2, max_size=40, unique=True),
    weight=st.integers(1, 1000),
)
def test_what_is_left_out_is_little_and_at_the_ends(hours: list[int], weight: int) -> None:
    at = np.array(sorted(hours), dtype=np.float64)
    n = np.ones(at.size)
    n[at.size // 2] = weight
    kept = main_part(at, n)
    assert n[~kept].sum() <= 0.01 * n.sum()
    inside = np.flatnonzero(kept)
    assert kept[inside[0] : inside[-1] + 1].all()


# traffic's week stands on the calendar of the plan


def yearly(path: Path, start: str, days: int = 366) -> Path:
    """Write a log with 10 requests an hour on working days and 1 on weekends."""
    times = pd.date_range(start, periods=days * 24, freq="h")
    rows = [(t + timedelta(minutes=5 * k), 10, 5) for t in times for k in range(1 if t.day_of_week >= 5 else 10)]
    return write(path, [(f"{t:%Y-%m-%d %H:%M:%S}", a, b) for t, a, b in rows])


@pytest.fixture(scope="module")
def year_of_log(tmp_path_factory: pytest.TempPathFactory) -> RequestLog:
    return read_request_log(yearly(tmp_path_factory.mktemp("year") / "a.csv", "2023-01-01", 365))


@pytest.mark.parametrize("year", [2022, 2023, 2024, 2025])
def test_weekends_of_a_year_of_log_fall_on_those_of_the_plan(year_of_log: RequestLog, year: int) -> None:
    found = traffic(ServingTable(), 0.0, year_of_log, calendar_of(year))
    weekend = pd.DatetimeIndex(calendar_of(year).labels()).day_of_week >= 5
    assert set(found.requests_per_hour[weekend].round(6)) == {1.0}
    assert set(found.requests_per_hour[~weekend].round(6)) == {10.0}
    assert ("log-days-moved" in [w.code for w in found.warnings]) == (year != 2023)
    if year == 2025:  # 31 December 2025 is a Wednesday, as 4 January 2023 is, four days on
        assert any("by up to 4 days" in w.message for w in found.warnings)


def test_a_week_of_log_stands_on_the_weekdays_of_the_plan(tmp_path: Path) -> None:
    log = read_request_log(yearly(tmp_path / "a.csv", "2024-03-07", 9))
    found = traffic(ServingTable(), 0.0, log, calendar_of(2024)).requests_per_hour
    weekend = pd.DatetimeIndex(calendar_of(2024).labels()).day_of_week >= 5
    assert found[weekend].max() < 1.5
    assert found[~weekend].min() > 9
