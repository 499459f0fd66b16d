"""Speculative decoding: a draft proposes tokens, one step of the model verifies them.

In: draft length, acceptance, cost of a draft step. Out: tokens per verified step, and the step with its draft.
Leaves out: trees of drafts, and acceptance that changes with the text or the load.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.compute.roofline import UTILISATIONS, Step
from wattscale.units import FloatArray


@dataclass(frozen=True)
class Speculation:
    """How a replica speculates.

    Attributes:
        tokens: Tokens drafted per step [1]; 0 for none.
        acceptance: Chance that the model accepts a drafted token [1].
        cost_share: Time of one draft step over that of a step of the model [1].
    """

    tokens: int = 0
    acceptance: float = 0.0
    cost_share: float = 0.0

    @property
    def tokens_per_step(self) -> float:
        """Output tokens of a verified step [token].

        (1 - a^(n+1)) / (1 - a)

        Source: Leviathan et al. 2023, equation 1.

        >>> Speculation(1, 0.5, 0.0).tokens_per_step
        1.5
        """
        if self.acceptance >= 1.0:
            return self.tokens + 1.0
        return (1.0 - self.acceptance ** (self.tokens + 1)) / (1.0 - self.acceptance)


NO_DRAFT = Speculation()
"""One token per step."""


def add_draft(verify: Step, plain: Step, speculation: Speculation) -> Step:
    """Put the draft before the step that verifies it.

    t = t_verify + n c t_plain; the draft keeps the device as busy as a plain decode step does.

    Args:
        verify: Step that verifies the draft.
        plain: Decode step of one token per sequence.
        speculation: How the replica speculates.

    Returns:
        Both as one step; utilisations are weighted by time.

    Source: Leviathan et al. 2023.

    >>> one = Step(1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 1.0, 0.0, 0.0)
    >>> float(add_draft(one, one, Speculation(4, 0.7, 0.05)).time_s)
    1.2
    """
    share = speculation.tokens * speculation.cost_share
    if share == 0.0:
        return verify
    time = np.asarray(verify.time_s) + share * np.asarray(plain.time_s)

    def summed(name: str) -> FloatArray:
        return np.asarray(getattr(verify, name) + share * getattr(plain, name))

    def weighted(name: str) -> FloatArray:
        drafted = share * getattr(plain, name) * plain.time_s
        return np.asarray((getattr(verify, name) * verify.time_s + drafted) / time)

    return Step(
        time,
        *(summed(n) for n in ("memory_s", "compute_s", "link_s", "overhead_s")),
        *(weighted(n) for n in UTILISATIONS),
    )
