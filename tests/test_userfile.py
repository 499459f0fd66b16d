"""Every file that a scenario, a study or the command line may name: read, or refused in one sentence, never waited for.

The kind: whatever a name leads to (pipe, device, folder, loop, a name no file can have) and whatever lies in the file
(packed, cut off, huge, no text), each reader answers with an `InputError` that names field and file.
"""

from __future__ import annotations

import gzip
import lzma
import os
import signal
import stat
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wattscale.errors import InputError
from wattscale.impact.io_table import read_economy
from wattscale.measure.results import read_results
from wattscale.scenario.load import load_scenario
from wattscale.site.carbon import read_carbon
from wattscale.site.prices import read_prices
from wattscale.site.weather import read_weather
from wattscale.study.places import places_of
from wattscale.userfile import FileKind, checked_path, duckdb_name, read_bytes, user_path
from wattscale.usertext import parse_json, read_json, read_rows, read_table_text
from wattscale.validation import validate
from wattscale.workload.config import architecture_from_config, load_config
from wattscale.workload.request_log import read_request_log

LONGEST_S = 20
LONGEST_MESSAGE = 1200
PRICES = b"time_utc,price_usd_per_mwh\n2023-01-01 00:00,5\n"


def config(path: str) -> object:
    return architecture_from_config(load_config(path) or {}, "it")


def economy(path: str) -> object:
    """The named file stands for the table A, in a folder whose list names it."""
    folder = Path(path).parent
    name = Path(path).name
    (folder / "file_parameters.json").write_text(
        f'{{"files": {{"A": {{"name": "{name}", "nr_index_col": 1, "nr_header": 1}}}}}}', encoding="utf-8"
    )
    return read_economy(folder, "e/r", "v/r")


READERS: dict[str, tuple[Callable[[str], object], str]] = {
    "prices": (read_prices, ".csv"),
    "prices-gz": (read_prices, ".csv.gz"),
    "carbon": (read_carbon, ".csv"),
    "weather-csv": (read_weather, ".csv"),
    "weather-epw": (read_weather, ".epw"),
    "weather-json": (read_weather, ".json"),
    "log": (read_request_log, ".csv"),
    "log-gz": (read_request_log, ".csv.gz"),
    "log-parquet": (read_request_log, ".parquet"),
    "config": (config, ".json"),
    "economy": (economy, ".txt"),
    "places": (places_of, ".csv"),
    "results": (read_results, ".json"),
    "measurements": (lambda path: validate("pue", path), ".csv"),
}


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """Turn a reader that waits into a failure."""

    def late(*_: object) -> None:
        raise TimeoutError(f"no answer within {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONGEST_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def refused(read: Callable[[str], object], path: str) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert len(message) < LONGEST_MESSAGE, message[:300]
    assert "Traceback" not in message
    return message


def sparse(path: Path, size: int = 2 << 30) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", PRICES)


MADE: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (lambda p: os.mkfifo(p), "is a pipe"),
    "device": (lambda p: p.symlink_to("/dev/zero"), "is a device"),
    "folder": (lambda p: p.mkdir(), "is a folder"),
    "loop": (lambda p: p.symlink_to(p), "leads back to itself"),
    "dangling link": (lambda p: p.symlink_to(p.parent / "nothing"), "no such file"),
    "2 GB of nothing": (sparse, ""),
    "zip": (zipped, ""),
    "xz": (lambda p: p.write_bytes(lzma.compress(PRICES)), ""),
    "gzip": (lambda p: p.write_bytes(gzip.compress(PRICES)), ""),
    "cut gzip": (lambda p: p.write_bytes(gzip.compress(PRICES * 99)[:60]), ""),
    "noise": (lambda p: p.write_bytes(bytes(range(1, 256)) * 40), ""),
    "empty": (lambda p: p.write_bytes(b""), ""),
    "one line of commas": (lambda p: p.write_bytes(b"," * 3_000_000), ""),
    "empty lines": (lambda p: p.write_bytes(b"\n" * 3_000_000), ""),
    "deep brackets": (lambda p: p.write_bytes(b"[" * 100_000), ""),
}
NOT_FOR_ECONOMY = ("pipe", "device", "folder", "loop", "dangling link")
"""Here the folder's list is what is named; that the table itself is one of these is told as a table not there."""


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("made", MADE)
def test_what_is_no_such_file_is_refused_by_every_reader(tmp_path: Path, made: str, reader: str) -> None:
    make, words = MADE[made]
    read, ending = READERS[reader]
    path = tmp_path / f"file{ending}"
    make(path)
    message = refused(read, str(path))
    if not (reader == "economy" and made in NOT_FOR_ECONOMY) and made != "folder":
        assert words in message
        assert path.name in message


NAMES = {
    "over-long": ("n" * 5000, "longer than a file name can be"),
    "with NUL": ("x\0y", "no file name can have"),
    "of nobody": ("~nobody/x", "no such file"),
    "of a user unknown": ("~no-such-user/x", "no such file"),
    "surrogate": ("\ud800", "no file name can have"),
}


@pytest.mark.parametrize("reader", [r for r in READERS if r != "economy"])
@pytest.mark.parametrize("name", NAMES)
def test_names_that_no_file_has_are_refused_by_every_reader(name: str, reader: str) -> None:
    read, ending = READERS[reader]
    word, reason = NAMES[name]
    message = refused(read, word + ending)
    assert reason in message


@pytest.mark.parametrize("key", ["site.weather", "site.prices", "site.carbon", "workload.serving.log",
                                 "impact.input_output", "workload.model"])  # fmt: skip
@pytest.mark.parametrize("name", [*NAMES, "pipe", "device", "folder", "loop"])
def test_a_scenario_that_names_one_is_refused_with_the_field(tmp_path: Path, key: str, name: str) -> None:
    ending = ".json" if key == "workload.model" else ".csv"
    if name in NAMES:
        path = NAMES[name][0] + ending
    else:
        MADE[name][0](tmp_path / f"file{ending}")
        path = str(tmp_path / f"file{ending}")
    scenario: dict[str, object] = {}
    inner = scenario
    *tables, last = key.split(".")
    for table in tables:
        inner[table] = inner = {}  # type: ignore[assignment]
    inner[last] = path
    with pytest.raises(InputError, match=key):
        load_scenario(scenario)


@pytest.mark.parametrize("ending", [".zip", ".xz", ".bz2", ".zst", ".tar", ".csv.zip", ".csv.xz", ".txt", ".xlsx", ""])
def test_hourly_files_have_the_endings_promised_and_no_other(tmp_path: Path, ending: str) -> None:
    times = "".join(f"2023-{1 + i // 28:02d}-{1 + i % 28:02d} 00:00,50\n" for i in range(336))
    path = tmp_path / f"prices{ending}"
    path.write_bytes(b"time_utc,price_usd_per_mwh\n" + times.encode())
    message = refused(read_prices, str(path))
    assert "allowed: .csv, .csv.gz" in message


def test_gzip_is_read_where_promised_and_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    kind = FileKind("a series", (".csv", ".csv.gz"), 1 << 20)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(PRICES))
    assert read_bytes(path, "site.prices", kind) == PRICES
    path.write_bytes(gzip.compress(b"\n" * (200 << 20)))
    tracemalloc.start()
    with pytest.raises(InputError, match="too large for a series"):
        read_bytes(path, "site.prices", kind)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_gzip_is_told(tmp_path: Path, damage: str) -> None:
    packed = gzip.compress(PRICES * 500)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(packed[:-20] if damage == "cut" else packed[:30] + bytes([packed[30] ^ 255]) + packed[31:])
    assert "damaged" in refused(read_prices, str(path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1e400}', "too large"),
        ('{"a": ' + "9" * 5000 + "}", "too large"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "Infinity"),
        ('{"a": 1', "line 1, column"),
        ('{"a":' * 100_000, "too deep"),
    ],
)
def test_numbers_beyond_a_computer_and_broken_json_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        parse_json(text, "site.weather", "w.json")
    assert len(str(caught.value)) < 300


def test_a_config_may_hold_infinity_as_some_tools_write_it(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"time_step_limit": [0.0, Infinity]}', encoding="utf-8")
    kind = FileKind("a config", (".json",))
    assert read_json(path, "workload.model", kind, constants=True)["time_step_limit"][1] == float("inf")


def test_rows_beyond_reason_are_refused_before_they_are_split(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 1_200_000)
    with pytest.raises(InputError, match="1,200,001 rows"):
        read_table_text(path, "site.prices", FileKind("a series"))
    with pytest.raises(InputError, match="rows"):
        read_rows(path, "--data")


def test_a_column_named_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time_utc,price_usd_per_mwh,price_usd_per_mwh\n2023-01-01,1,2\n", encoding="utf-8")
    assert "twice" in refused(read_prices, str(path))
    assert "twice" in refused(lambda p: validate("pue", p), str(path))


def test_values_in_messages_are_clipped(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time_utc,price_usd_per_mwh\n" + "x" * 9000 + ",1\n", encoding="utf-8")
    assert "9,000 characters" in refused(read_prices, str(path))
    path.write_text("y" * 9000 + ",b\n1,2\n", encoding="utf-8")
    assert "9,000 characters" in refused(read_prices, str(path))
    assert "9,000 characters" in refused(lambda p: validate("pue", p), str(path))
    assert str(InputError("is odd", where="a", value=10**5000)).startswith("a = a number of more digits")


def test_a_name_for_duckdb_means_itself_alone(tmp_path: Path) -> None:
    assert duckdb_name("/a/[b]?*.csv", "f") == "/a/[[]b][?][*].csv"
    assert duckdb_name("/a/plain (1).csv", "f") == "/a/plain (1).csv"
    with pytest.raises(InputError, match="Rename"):
        duckdb_name("/a/back\\slash*.csv", "f")


def test_a_link_keeps_its_name_as_caches_of_models_need(tmp_path: Path) -> None:
    (tmp_path / "0a1b2c").write_text("{}", encoding="utf-8")
    (tmp_path / "config.json").symlink_to(tmp_path / "0a1b2c")
    found = load_scenario({"workload": {"model": str(tmp_path / "config.json")}})
    assert found.workload.model == str(tmp_path / "config.json")


def test_paths_are_taken_from_the_folder_and_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_path("~/a.csv", Path("/elsewhere"), "f") == tmp_path.resolve() / "a.csv"
    assert user_path("a.csv", tmp_path, "f") == tmp_path.resolve() / "a.csv"
    (tmp_path / "~draft.csv").write_text("x", encoding="utf-8")
    found = checked_path(user_path("~draft.csv", tmp_path, "f"), "f")
    assert stat.S_ISREG(found.stat().st_mode)


CELLS = ("1e400", "inf", "9" * 5000, "1e300")


@pytest.mark.parametrize("cell", [*CELLS, "abc", "x" * 3000])
def test_a_measurement_that_is_no_number_is_told_with_its_row(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "pue.csv"
    path.write_text(f"operator,pue\nA,1.2\nB,{cell}\n", encoding="utf-8")
    message = refused(lambda p: validate("pue", p), str(path))
    assert "row 2: pue is" in message


def test_words_for_missing_are_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "pue.csv"
    path.write_text("operator,pue\nA,NaN\nB,n/a\n", encoding="utf-8")
    assert validate("pue", path)["metrics"]["pue"]["n"] == 0


def test_an_input_that_no_formula_takes_is_told_with_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def predict(rows: list[dict[str, str]], *_: object) -> tuple[list[object], list[object]]:
        for row in rows:
            1.0 / len(row["operator"])
        return [], []

    monkeypatch.setattr("wattscale.validation.pue.predict", predict)
    path = tmp_path / "pue.csv"
    path.write_text("operator,pue\nA,1.2\n,1.3\n", encoding="utf-8")
    assert "row 2 has a cell that cannot be used" in refused(lambda p: validate("pue", p), str(path))
