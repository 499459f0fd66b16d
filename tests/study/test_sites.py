"""Ranking places."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import load_catalog
from wattscale.chain import walk
from wattscale.errors import InfeasibleError, InputError
from wattscale.scenario.load import load_scenario
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.study import sites
from wattscale.study.places import places_of
from wattscale.study.scoring import CRITERIA, draw_ranks, pareto, parse_limit, value_of
from wattscale.study.sites import rank_sites
from wattscale.study.split import rank_split_sites
from wattscale.study.text import sites_text, split_text

FEW = ["us_nova", "ca_montreal", "us_dallas", "sg_singapore"]


@pytest.fixture(scope="module")
def few():
    return rank_sites(load_scenario(), places_of(FEW))


def test_a_place_is_ranked_by_its_whole_plan(few):
    place = next(p for p in few.places if p.name == "ca_montreal")
    changes = {"site.name": "ca_montreal", "workload.serving.utc_offset_h": -5.0}
    run = walk(apply_patch(load_scenario(), Patch("there", changes)), "impact").results
    assert place.figures["economics.tco_usd_per_year"] == pytest.approx(run["economics"].figures["tco_usd_per_year"][0])
    assert place.figures["facility.pue"] == run["facility"].figures["pue"][0]
    assert place.cost_usd_per_year == pytest.approx(
        place.figures["economics.tco_usd_per_year"] + place.delay_usd_per_year
    )


def test_the_own_place_costs_what_it_costs_itself(few):
    own = next(p for p in few.places if p.name == "us_nova")
    assert own.cost_usd_per_year == pytest.approx(few.own_cost_usd_per_year)
    assert own.values["cost"] == pytest.approx(0.5)


def test_a_longer_wait_costs_more(few):
    slow = apply_patch(load_scenario(), Patch("slow", {"economics.price_per_mtok_usd": 60.0}))
    found = {p.name: p for p in rank_sites(slow, places_of(["us_nova", "us_dallas"])).places}
    years = {name: p.figures["site.time_to_power_years"] for name, p in found.items()}
    assert years["us_nova"] > years["us_dallas"]
    assert found["us_nova"].delay_usd_per_year > found["us_dallas"].delay_usd_per_year > 0


def test_adding_a_place_does_not_move_the_scores_of_others(few):
    fewer = rank_sites(load_scenario(), places_of(FEW[:2]))
    scores = {p.name: p.score for p in few.places}
    assert all(p.score == pytest.approx(scores[p.name]) for p in fewer.places)


def test_limits_exclude_with_a_reason_and_the_rest_is_ranked():
    found = rank_sites(load_scenario(), places_of(FEW), ["supply.carbon_kg_per_mwh<=100", "site.rtt_to_hub_ms <= 50"])
    assert [p.name for p in found.places] == ["ca_montreal"]
    assert {name for name, _ in found.excluded} == set(FEW) - {"ca_montreal"}
    assert all("breaks supply.carbon_kg_per_mwh<=100" in why for _, why in found.excluded)


def test_when_no_place_passes_the_nearest_is_named():
    with pytest.raises(
        InfeasibleError, match=r"no place passes: facility.pue<=1.001 is kept by 0 of 2; the best is 1\.\d+ at"
    ):
        rank_sites(load_scenario(), places_of(FEW[:2]), ["facility.pue<=1.001"])


def test_weights_move_the_ranking():
    green = rank_sites(load_scenario(), places_of(FEW), weights={c: float(c == "carbon") for c in CRITERIA})
    assert green.places[0].name == "ca_montreal"
    assert green.places[0].first_share == pytest.approx(1.0)
    fast = rank_sites(load_scenario(), places_of(FEW), weights={c: float(c == "time") for c in CRITERIA})
    years = [p.figures["site.time_to_power_years"] for p in fast.places]
    assert years[0] == min(years)


def test_coordinates_are_ranked_beside_the_series_of_the_scenario(tmp_path):
    (tmp_path / "sites.csv").write_text("name,latitude,longitude\nNear Oslo,60.0,10.5\nNear Dallas,32.9,-97.0\n")
    found = rank_sites(load_scenario(None, ["site.mean_price_usd_per_mwh=500"]), places_of(tmp_path / "sites.csv"))
    assert {p.name for p in found.places} == {"Near Oslo", "Near Dallas"}
    assert all(p.figures["supply.cost_usd_per_mwh"] < 200 for p in found.places)
    assert found.table().loc["Near Oslo", "latitude"] == 60.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,latitude\na,1\n", "no column longitude"),
        ("name,latitude,longitude\na,north,3\n", "line 2: latitude"),
        ("name,latitude,longitude\na,91,3\n", "-90 to 90"),
        ("name,latitude,longitude\na,nan,3\n", "out of range"),
        ("name,latitude,longitude\n", "has no rows"),
        ("name,latitude,longitude\na,1,3\na,2,3\n", "stands twice"),
        ("name,latitude,longitude\n,1,3\n", "is empty"),
    ],
)
def test_a_list_of_places_that_cannot_be_read_is_refused(tmp_path, text, words):
    (tmp_path / "sites.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        places_of(tmp_path / "sites.csv")


def test_unknown_names_files_limits_and_weights_are_refused():
    with pytest.raises(InputError, match="ca_montreal"):
        places_of(["ca_montrea"])
    with pytest.raises(InputError, match="no such file"):
        places_of("nowhere.csv")
    with pytest.raises(InputError, match="figure<=value"):
        parse_limit("site.rtt_to_hub_ms=50")
    with pytest.raises(InputError, match="rtt_to_hub_ms"):
        parse_limit("site.rtt_to_hub<=50")
    with pytest.raises(InputError, match="Did you mean 'carbon'"):
        rank_sites(load_scenario(), places_of(FEW[:1]), weights={"carbn": 1.0})


def test_a_place_that_cannot_be_planned_is_listed_and_the_others_go_on(monkeypatch):
    plan_place = sites._plan_place

    def breaking(payload, place):
        if place.name == "us_dallas":
            raise InputError("no power here", where="supply")
        return plan_place(payload, place)

    monkeypatch.setattr(sites, "_plan_place", breaking)
    result = rank_sites(load_scenario(), places_of(["us_nova", "us_dallas"]))
    assert [p.name for p in result.places] == ["us_nova"]
    assert result.failed == (("us_dallas", "supply: no power here"),)
    assert "Not planned: us_dallas" in sites_text(result)
    assert "from the nearest place" not in sites_text(result)


def test_a_place_far_from_the_catalogue_is_told_to_borrow_its_figures(tmp_path):
    (tmp_path / "mine.csv").write_text("name,latitude,longitude\nSea,0,-140\nNear,39.0,-77.4\n")
    told = sites_text(rank_sites(load_scenario(), places_of(tmp_path / "mine.csv")))
    assert "Sea lies" in told
    assert "Near lies" not in told


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_the_pareto_set_does_not_depend_on_the_order_and_is_never_empty(rows, order):
    costs = np.array(rows, dtype=float)
    kept = pareto(costs)
    assert any(kept)
    shuffled = list(range(len(rows)))
    order.shuffle(shuffled)
    assert pareto(costs[shuffled]) == [kept[i] for i in shuffled]


def test_rank_frequency_of_equals_is_equal_and_weights_cover_the_simplex():
    ranks = draw_ranks(np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0]], dtype=float), {}, 20_000, 1)
    assert ranks.first_share == pytest.approx([0.5, 0.5, 0.5], abs=0.02)
    assert ranks.score == pytest.approx([0.2, 0.2, 0.2], abs=0.01)


def test_worth_is_flat_beyond_the_anchors():
    for criterion in CRITERIA:
        assert value_of(criterion, np.array([-1e6, 1e6]), load_catalog()).tolist() in ([0.0, 1.0], [1.0, 0.0])


@pytest.mark.slow
def test_training_and_serving_may_stand_apart():
    found = rank_split_sites(load_scenario(), places_of(["us_nova", "co_bogota"]), ["site.rtt_to_hub_ms<=50"])
    assert {p.name for p in found.training.places} == {"us_nova", "co_bogota"}
    assert [p.name for p in found.serving.places] == ["us_nova"]
    assert "Serving" in split_text(found)
    assert json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.slow
def test_all_places_of_the_catalogue_are_ranked_in_seconds_and_the_same_by_two_workers():
    one = rank_sites(load_scenario(), places_of("all"))
    assert len(one.places) == len(load_catalog().table("sites").rows)
    assert "more that pass" in sites_text(one)
    two = rank_sites(load_scenario(), places_of(FEW), workers=2)
    by_name = {p.name: p.cost_usd_per_year for p in one.places}
    assert all(p.cost_usd_per_year == pytest.approx(by_name[p.name], rel=1e-12) for p in two.places)


def test_a_split_of_a_plan_that_only_serves_is_refused_in_words():
    served = apply_patch(load_scenario(), Patch("serving", {"workload.training.tokens": 0.0}))
    with pytest.raises(InputError, match="trains and serves"):
        rank_split_sites(served, places_of(FEW[:2]))
