"""Hub ids: the extra present (a stand-in for it) and absent; never the network."""

from __future__ import annotations

import json
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.workload import load_config
from wattscale.workload.models import named_architecture

CONFIG = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 99}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    asked: list[str] = []

    def fetch(model: str, file: str) -> str:
        asked.append(model)
        if model == "nobody/gone":
            raise OSError("404 not found")
        path = tmp_path / file
        path.write_text(json.dumps(CONFIG), encoding="utf-8")
        return str(path)

    module = types.ModuleType("huggingface_hub")
    module.__spec__ = ModuleSpec("huggingface_hub", None)
    module.hf_hub_download = fetch  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return asked


def test_an_unknown_hub_id_is_fetched(hub: list[str]) -> None:
    assert load_config("someone/new-model-3B") == CONFIG
    assert hub == ["someone/new-model-3B"]


def test_a_catalogued_hub_id_and_a_plain_name_are_not_fetched(hub: list[str]) -> None:
    assert load_config("Qwen/Qwen3-8B") is None
    assert load_config("no-such-name") is None
    assert hub == []


def test_a_model_that_the_hub_does_not_give_is_named(hub: list[str]) -> None:
    with pytest.raises(InputError, match="nobody/gone"):
        load_config("nobody/gone")


def test_without_the_extra_an_unknown_hub_id_says_how_to_get_it(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wattscale.workload.models.hub_available", lambda: False)
    with pytest.raises(InputError, match=r"wattscale\[hub\]"):
        named_architecture(catalog, "someone/new-model-3B")
