"""Exact Shapley shares of a set of levers.

In: a value for every combination. Out: each lever's share; they sum to the joint saving.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial


def shapley_shares(names: Sequence[str], value: Callable[[frozenset[str]], float]) -> dict[str, float]:
    """Divide v(all) - v(none) among the levers, each by its mean marginal effect over all orders.

    phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S)).

    Args:
        names: Levers.
        value: Value of a combination [any unit]; called once per combination and lever, so keep its results.

    Returns:
        Share per lever, in the unit of the value.

    Source: Shapley 1953.

    >>> shapley_shares(["a", "b"], lambda s: 10.0 * len(s))
    {'a': 10.0, 'b': 10.0}
    """
    n = len(names)
    shares = dict.fromkeys(names, 0.0)
    for name in names:
        others = [o for o in names if o != name]
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for chosen in combinations(others, size):
                without = frozenset(chosen)
                shares[name] += weight * (value(without | {name}) - value(without))
    return shares
