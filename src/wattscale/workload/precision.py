"""Bytes of a number by precision.

In: the scenario's word for a precision. Out: bytes per element.
Leaves out: scales of block formats (mxfp4: 1/32 byte more), which are below 2 % of the weights but for 4-bit formats.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattscale.errors import InputError, did_you_mean

BITS: Mapping[str, int] = {
    "fp32": 32, "tf32": 32, "bf16": 16, "fp16": 16, "fp8": 8, "int8": 8, "fp4": 4, "int4": 4,
}  # fmt: skip
"""Bits in memory (tf32 is stored as fp32)."""


def bytes_per_element(precision: str) -> float:
    """Give the bytes of one number.

    Args:
        precision: fp32, tf32, bf16, fp16, fp8, int8, fp4 or int4.

    Returns:
        Bytes [B].

    Raises:
        InputError: Unknown word.

    >>> bytes_per_element("fp4")
    0.5
    """
    if precision not in BITS:
        raise InputError(
            "unknown precision",
            where="precision",
            value=precision,
            allowed=", ".join(BITS),
            hint=did_you_mean(precision, BITS),
        )
    return BITS[precision] / 8
