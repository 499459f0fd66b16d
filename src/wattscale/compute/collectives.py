"""Time of collective operations on two levels of network: the scale-up domain and the network between domains.

In: bytes, ranks and links, as numbers or arrays. Out: seconds.
Leaves out: congestion between jobs and in-network reduction; both are inside the fitted link efficiencies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.units import FloatArray

Numbers = float | FloatArray


@dataclass(frozen=True)
class Links:
    """The two levels of network as one device sees them; numbers or arrays of one shape.

    Attributes:
        domain_devices: Devices of a scale-up domain [1].
        domain_bytes_per_s: Effective bandwidth inside the domain, one direction [byte/s].
        network_bytes_per_s: Effective bandwidth between domains per device, one direction [byte/s].
        domain_latency_s: Latency of one step inside the domain [s].
        network_latency_s: Latency of one step between domains [s].
    """

    domain_devices: Numbers
    domain_bytes_per_s: Numbers
    network_bytes_per_s: Numbers
    domain_latency_s: Numbers
    network_latency_s: Numbers


def ring_pass_s(size_bytes: Numbers, ranks: Numbers, bytes_per_s: Numbers, latency_s: Numbers) -> FloatArray:
    """Time one pass of a ring: an all-gather or a reduce-scatter.

    t = (n - 1) a + (n - 1)/n S/b

    Args:
        size_bytes: Size S of the whole buffer [byte].
        ranks: Ranks n [1].
        bytes_per_s: Bandwidth b of one device, one direction [byte/s].
        latency_s: Latency a of one step [s].

    Returns:
        Time [s].

    Source: standard alpha-beta model of a ring, e.g. Thakur et al. 2005.

    >>> float(ring_pass_s(8e9, 8, 1e9, 0.0))
    7.0
    """
    n = np.maximum(np.asarray(ranks, dtype=np.float64), 1.0)
    return np.asarray((n - 1) * latency_s + (n - 1) / n * size_bytes / bytes_per_s, dtype=np.float64)


def hierarchical_pass_s(size_bytes: Numbers, ranks: Numbers, local_ranks: Numbers, links: Links) -> FloatArray:
    """Time an all-gather or reduce-scatter over both levels, each local rank carrying its share outside.

    t = ring(S, g, domain) + ring(S/g, n/g, network), g = local ranks

    Args:
        size_bytes: Size of the whole buffer [byte].
        ranks: Ranks of the group [1].
        local_ranks: Ranks of the group that share a domain [1].
        links: The two levels.

    Returns:
        Time [s].

    Source: hierarchical ring, e.g. Isaev et al. 2023 (Calculon), with one network adapter per device.

    >>> two = Links(8, 1e9, 1e8, 0.0, 0.0)
    >>> float(hierarchical_pass_s(8e9, 16, 8, two))
    12.0
    """
    n = np.asarray(ranks, dtype=np.float64)
    g = np.clip(np.asarray(local_ranks, dtype=np.float64), 1.0, n)
    inside = ring_pass_s(size_bytes, g, links.domain_bytes_per_s, links.domain_latency_s)
    outside = ring_pass_s(size_bytes / g, n / g, links.network_bytes_per_s, links.network_latency_s)
    return np.asarray(inside + outside, dtype=np.float64)


def all_reduce_s(size_bytes: Numbers, ranks: Numbers, local_ranks: Numbers, links: Links) -> FloatArray:
    """Time an all-reduce as a reduce-scatter followed by an all-gather.

    Args:
        size_bytes: Size of the buffer [byte].
        ranks: Ranks of the group [1].
        local_ranks: Ranks of the group that share a domain [1].
        links: The two levels.

    Returns:
        Time [s].

    Source: as `hierarchical_pass_s`.

    >>> float(all_reduce_s(8e9, 8, 8, Links(8, 1e9, 1e8, 0.0, 0.0)))
    14.0
    """
    return np.asarray(2.0 * hierarchical_pass_s(size_bytes, ranks, local_ranks, links), dtype=np.float64)


def all_to_all_s(
    size_bytes: Numbers, ranks: Numbers, local_ranks: Numbers, links: Links, outside_bytes: Numbers | None = None
) -> FloatArray:
    """Time an all-to-all in which each rank sends `size_bytes` in equal parts to all ranks.

    The share that leaves the domain, (n - g)/n, goes through the network, the rest through the domain; both run
    at once.

    Args:
        size_bytes: Bytes one rank sends, its own part included [byte].
        ranks: Ranks of the group [1].
        local_ranks: Ranks of the group that share a domain [1].
        links: The two levels.
        outside_bytes: Bytes it would send were all ranks outside, where copies for one domain travel once [byte];
            None: as `size_bytes`.

    Returns:
        Time [s].

    Source: pairwise exchange in the alpha-beta model, e.g. Thakur et al. 2005.

    >>> float(all_to_all_s(8e9, 8, 8, Links(8, 1e9, 1e8, 0.0, 0.0)))
    7.0
    """
    n = np.maximum(np.asarray(ranks, dtype=np.float64), 1.0)
    g = np.clip(np.asarray(local_ranks, dtype=np.float64), 1.0, n)
    inside = (g - 1) / n * size_bytes / links.domain_bytes_per_s + (g - 1) * links.domain_latency_s
    away = size_bytes if outside_bytes is None else outside_bytes
    outside = (n - g) / n * away / links.network_bytes_per_s
    outside = outside + np.where(n > g, links.network_latency_s, 0.0)
    return np.asarray(np.maximum(inside, outside), dtype=np.float64)


def distinct_domains(copies: Numbers, domains: Numbers) -> FloatArray:
    """Give the domains that a token's copies reach, drawn evenly: each gets one copy over the network.

    m (1 - (1 - 1/m)^k)

    Args:
        copies: Copies of a token k (experts it passes) [1].
        domains: Domains m that hold the experts [1].

    Returns:
        Domains [1], at most `copies` and `domains`.

    Source: dispatch once per node, DeepSeek-AI 2024 (DeepSeek-V3 report); expected occupancy of even draws.

    >>> float(distinct_domains(2, 2))
    1.5
    """
    m = np.maximum(np.asarray(domains, dtype=np.float64), 1.0)
    return np.asarray(m * (1.0 - (1.0 - 1.0 / m) ** np.asarray(copies)))


def point_to_point_s(size_bytes: Numbers, crosses_domain: Numbers, links: Links) -> FloatArray:
    """Time the transfer of a buffer to one other device.

    Args:
        size_bytes: Size [byte].
        crosses_domain: 1 where the receiver is in another domain, else 0.
        links: The two levels.

    Returns:
        Time [s].

    Source: alpha-beta model.

    >>> float(point_to_point_s(1e9, 0, Links(8, 1e9, 1e8, 0.0, 0.0)))
    1.0
    """
    inside = links.domain_latency_s + size_bytes / links.domain_bytes_per_s
    outside = links.network_latency_s + size_bytes / links.network_bytes_per_s
    return np.asarray(np.where(np.asarray(crosses_domain) > 0, outside, inside), dtype=np.float64)
