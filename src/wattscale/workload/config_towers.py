"""Parts of a multimodal model outside its language model, from its config.json.

In: the `vision_config` of a wrapper. Out: parameters of the vision tower and its projector.
Leaves out: audio towers, and FLOPs of images (requests are text).
"""

from __future__ import annotations

from collections.abc import Mapping

GATED_TOWERS = ("qwen2_5_vl",)


def tower_params(config: Mapping[str, object], d_model: int) -> float:
    """Estimate the parameters of the vision tower and its projector.

    Args:
        config: The whole config.json.
        d_model: Width of the language model.

    Returns:
        Parameters [1], 0 where there is no tower. Good to about 5 % of the tower, itself a few per cent of the model.

    >>> tower_params({}, 4096)
    0.0
    """
    vision = config.get("vision_config")
    if not isinstance(vision, Mapping):
        return 0.0
    width = _size(vision, "hidden_size", "embed_dim", "width", "vt_hidden_size")
    depth = _size(vision, "num_hidden_layers", "depth", "layers", "vt_num_hidden_layers")
    if not width or not depth:
        return 0.0
    inner = _size(vision, "intermediate_size", "vt_intermediate_size") or int(
        width * float(str(vision.get("mlp_ratio") or 4))
    )
    matrices = 3 if vision.get("model_type") in GATED_TOWERS else 2
    layers = depth * (4 * width * width + matrices * width * inner + 4 * width + inner + width)
    patch = _size(vision, "patch_size", "spatial_patch_size") or 14
    embed = 3 * patch * patch * width * (_size(vision, "temporal_patch_size") or 1)
    positions = _size(vision, "num_position_embeddings") * width
    return float(layers + embed + positions + _projector(vision, width, d_model))


def _projector(vision: Mapping[str, object], width: int, d_model: int) -> float:
    merge = _size(vision, "spatial_merge_size") or 1
    merged = width * merge * merge
    out = _size(vision, "out_hidden_size") or d_model
    deep = vision.get("deepstack_visual_indexes")
    copies = 1 + (len(deep) if isinstance(deep, list) else 0)
    return float(copies * (merged * merged + merged * out))


def _size(table: Mapping[str, object], *keys: str) -> int:
    for key in keys:
        found = table.get(key)
        if isinstance(found, int) and not isinstance(found, bool):
            return found
    return 0
