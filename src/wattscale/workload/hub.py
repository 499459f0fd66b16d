"""The config.json of a model on the Hugging Face hub, with the extra `hub`.

In: a hub id. Out: the parsed file; it comes from the hub's cache on this machine, or is fetched.
Leaves out: weights. The only place of the package that may use the network.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable
from typing import cast

from wattscale.errors import InputError

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def hub_available() -> bool:
    """Tell whether the extra is installed."""
    return importlib.util.find_spec("huggingface_hub") is not None


def is_hub_id(model: str) -> bool:
    """Tell whether a word looks like `maker/model`.

    >>> is_hub_id("Qwen/Qwen3-8B"), is_hub_id("Qwen3-8B"), is_hub_id("./models/mine")
    (True, False, False)
    """
    return bool(HUB_ID.fullmatch(model)) and not model.startswith(".")


def hub_config_path(model: str) -> str:
    """Give the path of the model's config.json in the hub's cache, fetched if need be.

    Args:
        model: Hub id, `maker/model`.

    Returns:
        Path of the file.

    Raises:
        InputError: No such model, no access, or no network.
    """
    hub = importlib.import_module("huggingface_hub")
    fetch = cast("Callable[[str, str], str]", hub.hf_hub_download)
    try:
        return fetch(model, "config.json")
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        hint = "Check the id and your access, or download its config.json and give the path"
        raise InputError(
            f"cannot be fetched from the hub: {reason}", where="workload.model", value=model, hint=hint
        ) from None
