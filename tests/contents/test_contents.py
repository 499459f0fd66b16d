"""What files hold, not what they are called, decides whether a result may be used again."""

from __future__ import annotations

import os

import pytest
from rewritten import KINDS, SMALL, prices, rewrite, scenario_with

from wattscale.chain import scenario_files, walk
from wattscale.contents import content_of, contents_of
from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of
from wattscale.stagecache import StageCache
from wattscale.web.planner import identity


def test_every_key_that_names_a_file_is_tried():
    named = {field.key for field in fields_of(Scenario) if field.extra.get("file")}
    assert named | {"workload.model"} == set(KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("key", KINDS)
def test_a_file_written_anew_is_read_anew(key, tmp_path):
    tables, path, content = scenario_with(key, tmp_path)
    rewrite(path, content(False))
    scenario, cache = load_scenario(tables), StageCache()
    first, told = figures(scenario, cache), identity(scenario)
    rewrite(path, content(True))
    again = figures(scenario, cache)
    assert again == figures(scenario, StageCache())
    figure = KINDS[key][3]
    assert again[figure] != first[figure]
    assert identity(scenario) != told


def figures(scenario, cache):
    chain = walk(scenario, "impact", cache=cache, extras=False)
    return {f"{stage}.{name}": x for stage, result in chain.results.items() for name, x in result.figures.items()}


def test_a_price_file_rewritten_from_50_to_90_gives_90(tmp_path):
    tables, path, content = scenario_with("site.prices", tmp_path)
    path.write_bytes(content(False))
    scenario, cache = load_scenario(tables), StageCache()
    found = []
    for second in (False, True):
        rewrite(path, content(second))
        found.append(walk(scenario, "site", cache=cache).results["site"].figures["mean_price_usd_per_mwh"])
    assert found == pytest.approx([50.0, 90.0])


def test_weather_fetched_anew_into_the_cache_is_read_anew(tmp_path, monkeypatch):
    """The cache of a weather service is a file like any other."""
    monkeypatch.setenv("WATTSCALE_CACHE", str(tmp_path))
    content = KINDS["site.weather"][1]
    scenario = load_scenario({**SMALL, "site": {"name": "us_dallas", "weather_service": "open-meteo"}})
    kept = tmp_path / "weather"
    kept.mkdir()
    from wattscale.catalog import load_catalog
    from wattscale.site.location import locate

    place = locate(scenario.site, load_catalog())
    year = scenario.site.weather_year
    file = kept / f"open-meteo_{place.latitude:.4f}_{place.longitude:.4f}_{year}.json"
    cache, found = StageCache(), []
    for second in (False, True):
        rewrite(file, content(second))
        found.append(walk(scenario, "site", cache=cache).results["site"].figures["mean_temp_c"])
    assert found == pytest.approx([20.0, 30.0])


def test_a_file_left_alone_is_neither_hashed_nor_read_again(tmp_path, monkeypatch):
    tables, path, content = scenario_with("site.prices", tmp_path)
    path.write_bytes(content(False))
    old = path.stat().st_mtime - 3600
    os.utime(path, (old, old))
    monkeypatch.setattr("wattscale.contents.time.time_ns", lambda: path.stat().st_ctime_ns + 10**10)
    scenario, cache = load_scenario(tables), StageCache()
    first = walk(scenario, "site", cache=cache)
    monkeypatch.setattr("wattscale.contents.hashlib.file_digest", None)
    monkeypatch.setattr("wattscale.site.stage.load_series", None)
    assert walk(scenario, "site", cache=cache).results["site"] is first.results["site"]


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path, monkeypatch):
    tables, path, content = scenario_with("site.prices", tmp_path)
    path.write_bytes(content(False))
    from wattscale.site import stage as site

    read = site.load_series

    def meddling(table):
        found = read(table)
        path.write_bytes(content(True))
        return found

    monkeypatch.setattr(site, "load_series", meddling)
    with pytest.raises(InputError, match=r"site\.prices.*prices\.csv.*holds something else"):
        walk(load_scenario(tables), "site")


def test_what_is_no_plain_file_is_left_to_its_loader(tmp_path):
    assert content_of(tmp_path) == content_of(tmp_path / "missing") == "none"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert content_of(tmp_path / "pipe") == "none"


def test_a_scenario_without_files_has_no_contents():
    assert contents_of(scenario_files(load_scenario(SMALL))) == {}
    assert prices(False) != prices(True)
