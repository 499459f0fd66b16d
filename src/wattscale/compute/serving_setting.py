"""What a serving replica is evaluated with: the mean request, the device and its coefficients.

In: the catalogue, an accelerator, an engine. Out: `Request`, `Setting`.
Leaves out: the model and how it is spread (serving_work.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.power import PowerCoefficients, load_power_coefficients
from wattscale.compute.power_cap import CapRules, load_cap_rules
from wattscale.compute.power_limit import rates_of
from wattscale.compute.roofline import TABLE, RateCoefficients
from wattscale.compute.serving_memory import MemoryRules, load_memory_rules
from wattscale.compute.speculation import NO_DRAFT, Speculation


@dataclass(frozen=True)
class Request:
    """A mean request and what its user waits for at most.

    Attributes:
        input_tokens: Input tokens [token].
        output_tokens: Output tokens [token].
        cached_share: Share of the input tokens found in a prefix cache [1].
        ttft_s: Limit on the time to first token [s].
        tpot_s: Limit on the time per output token [s].
        quantile: Share of the requests that must meet the TTFT limit [1].
    """

    input_tokens: float
    output_tokens: float
    cached_share: float
    ttft_s: float
    tpot_s: float
    quantile: float


@dataclass(frozen=True)
class Setting:
    """Device and coefficients of a replica, read once from the catalogue.

    Attributes:
        accelerator, rates, power, memory: Device and its coefficients.
        chunk_tokens: Token budget of a step [token].
        expert_skew: Evenly routed tokens that touch as many experts as one real token [1].
        group_wait: How much of the other groups' input tokens each attention group waits for [1].
        first_token_s: What the engine adds to every time to first token [s].
        own_factor: How much longer a request's own input steps take than the work in them [1].
        input_length_cv: Standard deviation over mean of the input lengths [1].
        cap_rules, power_cap_share: How power follows the clock; power limit over the design power [1].
        speculation: How the replica speculates.
        transfer_bytes_per_s: Network bandwidth of a device between replicas [byte/s].
    """

    accelerator: Accelerator
    rates: RateCoefficients
    power: PowerCoefficients
    memory: MemoryRules
    chunk_tokens: float
    expert_skew: float
    group_wait: float
    first_token_s: float
    own_factor: float
    input_length_cv: float
    cap_rules: CapRules
    power_cap_share: float = 1.0
    speculation: Speculation = NO_DRAFT
    transfer_bytes_per_s: float = 0.0


def load_setting(
    catalog: Catalog,
    accelerator: Accelerator,
    engine: str,
    power_cap_share: float = 1.0,
    speculation: Speculation = NO_DRAFT,
    transfer_bytes_per_s: float = 0.0,
) -> Setting:
    """Read all coefficients that a replica needs.

    Args:
        catalog: The catalogue.
        accelerator: The device.
        engine: Serving engine, see table `serving_coefficients`.
        power_cap_share: Power limit over the design power [1].
        speculation: How the replica speculates.
        transfer_bytes_per_s: Network bandwidth of a device between replicas [byte/s].

    Returns:
        The setting.

    Source: tables `serving_coefficients` and `power_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> found = load_setting(load_catalog(), load_accelerator(load_catalog(), "H100"), "default")
    >>> found.accelerator.name
    'H100-SXM5-80GB'
    """

    def read(parameter: str) -> float:
        own = f"engine-{engine}.{parameter}"
        key = own if catalog.has_figure(TABLE, own) else f"default.{parameter}"
        return catalog.value(TABLE, key)

    return Setting(
        accelerator=accelerator,
        rates=rates_of(catalog, accelerator, engine),
        power=load_power_coefficients(catalog, accelerator),
        memory=load_memory_rules(catalog),
        chunk_tokens=catalog.value(TABLE, "engine.chunk_tokens"),
        expert_skew=catalog.value(TABLE, "engine.expert_skew"),
        group_wait=catalog.value(TABLE, "engine.group_wait"),
        first_token_s=read("first_token_s"),
        own_factor=read("own_factor"),
        input_length_cv=catalog.value(TABLE, "engine.input_length_cv"),
        cap_rules=load_cap_rules(catalog),
        power_cap_share=power_cap_share,
        speculation=speculation,
        transfer_bytes_per_s=transfer_bytes_per_s,
    )
