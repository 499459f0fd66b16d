"""The scaling law and the text that shows it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog, load_catalog
from wattscale.workload.config import load_config
from wattscale.workload.describe import describe_model
from wattscale.workload.scaling_law import coefficients, quality


@settings(max_examples=20, deadline=None)
@given(power=st.floats(8, 12))
def test_the_optimal_tokens_have_the_least_loss_of_all_splits_of_their_compute(power: float) -> None:
    fit = coefficients(load_catalog())
    params = 10**power
    best = fit.optimal_tokens(params)
    others = np.geomspace(0.2, 5.0, 41)
    losses = [fit.loss(params * x, best / x) for x in others]
    assert fit.loss(params, best) <= min(losses) + 1e-12


def test_the_refit_gives_about_twenty_tokens_per_parameter_at_the_size_of_chinchilla(catalog: Catalog) -> None:
    # Besiroglu 2024: consistent with the 20 tokens per parameter of Chinchilla, unlike the original third approach.
    assert coefficients(catalog).optimal_tokens(70e9) / 70e9 == pytest.approx(20, rel=0.2)
    assert coefficients(catalog, "original").optimal_tokens(70e9) / 70e9 > 50


def test_a_range_spans_both_fits_and_warns_outside_them(catalog: Catalog) -> None:
    inside, outside = quality(catalog, 7e9, 4e11), quality(catalog, 405e9, 15e12, experts=True)
    for found in (inside, outside):
        assert found.loss[1] <= found.loss[0] <= found.loss[2]
    assert inside.warnings == ()
    assert [w.code for w in outside.warnings] == ["scaling-law-extrapolated", "scaling-law-dense"]


def test_the_text_of_a_model_names_its_parts_and_limits(catalog: Catalog) -> None:
    text = describe_model("Mixtral-8x7B", catalog, load_config("Mixtral-8x7B")).text()
    for word in ("46.7 G parameters", "12.9 G active", "routed experts", "Attention equals", "bf16: 93.4 GB", "note:"):
        assert word in text
    assert max(map(len, text.splitlines())) < 150


def test_a_model_without_a_crossover_says_so(catalog: Catalog) -> None:
    found = describe_model("Mamba-2.8B", catalog)
    assert "never equals" in found.text()
    assert "workload.crossover_length_tokens" not in json.dumps(found.to_dict())


def test_the_dict_of_a_model_has_figures_in_the_shape_of_plan_json(catalog: Catalog) -> None:
    found = json.loads(json.dumps(describe_model("Llama-3.1-8B", catalog).to_dict(), allow_nan=False))
    assert found["figures"]["workload.params_total"] == {"value": pytest.approx(8.03e9, rel=1e-3), "unit": "1"}
    assert sum(part["total"] for part in found["parameters"].values()) == pytest.approx(8.03e9, rel=1e-3)
