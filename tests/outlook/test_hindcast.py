"""Scores by hand, breaks that are found, and what the hindcast must say."""

import numpy as np
import pytest

from wattscale.outlook import hindcast as h


def test_crps_of_two_samples_by_hand():
    """Samples 0 and 2, truth 1: mean distance 1, half of the mean distance between samples 0.5."""
    assert h.crps(np.array([[0.0], [2.0]]), np.array([1.0])) == pytest.approx(0.5)


def test_crps_agrees_with_its_definition_on_random_samples(rng):
    draws, truth = rng.normal(size=(60, 3)), rng.normal(size=3)
    pairs = np.abs(draws[:, None, :] - draws[None, :, :]).mean(axis=(0, 1))
    expected = (np.abs(draws - truth).mean(axis=0) - pairs / 2).mean()
    assert h.crps(draws, truth) == pytest.approx(expected)


def test_pinball_punishes_a_low_upper_quantile_more():
    draws = np.zeros((10, 1))
    assert h.pinball(draws, np.array([1.0]), (0.9,)) == pytest.approx(0.9)
    assert h.pinball(draws, np.array([-1.0]), (0.9,)) == pytest.approx(0.1)


def test_the_break_of_world_electricity_is_found(catalog):
    found = h.structural_break(catalog, "electricity, world")
    assert found.is_significant
    assert 2018 <= found.year <= 2021


def test_a_steady_series_has_no_break(catalog):
    steady = catalog.with_overrides(
        {
            i: 100.0 * 1.1 ** (int(i[-4:]) - 2010)
            for i in catalog.ids()
            if i.startswith("outlook_history/dc.electricity:")
        }
    )
    found = h.structural_break(steady, "electricity, world")
    assert found.statistic < 50 or not found.is_significant


def test_the_hindcast_from_2018_beats_last_growth_on_electricity(catalog):
    score = h.score_series(catalog, "electricity, world", 2018, 2023)
    assert score.years == 5
    assert score.skill > 0
    assert score.crps < score.naive_crps


def test_worse_than_naive_is_said_not_hidden(catalog):
    assert any(score.skill < 0 for score in h.hindcast(catalog))


def test_no_forecast_sees_a_year_after_its_knowledge(catalog):
    """Changing the years after 2020 must not change what is forecast from 2020."""
    ids = [i for i in catalog.ids() if i.startswith("outlook_history/dc.electricity:") and int(i[-4:]) > 2020]
    changed = catalog.with_overrides(dict.fromkeys(ids, 999.0))
    regimes = [h.known_regimes(c, np.zeros(6), 2015, 2020) for c in (catalog, changed)]
    assert np.array_equal(*regimes)


def test_the_classic_miss_is_shown(catalog):
    assert h.published_miss(catalog)["error"] < -0.2
