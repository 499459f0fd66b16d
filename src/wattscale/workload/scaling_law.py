"""Quality against size and tokens: the Chinchilla law, with its limits.

In: parameters, tokens, the catalogue's coefficients. Out: pre-training loss with the range of two published fits, and
the compute-optimal tokens.
Leaves out: everything the law does not know: data quality, architecture, post-training, skills. A lower loss is better
text prediction on the fitted mixture; losses of other tokenisers and mixtures are not comparable.
"""

from __future__ import annotations

from dataclasses import dataclass

from wattscale.catalog import Catalog
from wattscale.figure import PlanWarning

TABLE = "scaling_law"
FITS = ("refit", "original")


@dataclass(frozen=True)
class Coefficients:
    """L = floor + a N^-alpha + b D^-beta [nat/token]."""

    floor: float
    a: float
    alpha: float
    b: float
    beta: float

    def loss(self, params: float, tokens: float) -> float:
        """Give the loss of a model of N parameters after D tokens [nat/token]."""
        return float(self.floor + self.a * params**-self.alpha + self.b * tokens**-self.beta)

    def optimal_tokens(self, params: float) -> float:
        """Give the tokens at which a model of this size spends its compute best [token].

        With C = 6 N D the optimum has alpha a N^-alpha = beta b D^-beta.
        """
        ratio = self.beta * self.b / (self.alpha * self.a)
        return float((ratio * params**self.alpha) ** (1.0 / self.beta))


@dataclass(frozen=True)
class Quality:
    """What the law says.

    Attributes:
        tokens: Training tokens [token].
        loss: Loss, low and high over the published fits [nat/token].
        optimal_tokens: Compute-optimal tokens of this size, low and high over the published fits [token].
        warnings: Where the law is stretched.
    """

    tokens: float
    loss: tuple[float, float, float]
    optimal_tokens: tuple[float, float, float]
    warnings: tuple[PlanWarning, ...]


def coefficients(catalog: Catalog, fit: str = "refit") -> Coefficients:
    """Read one fit of the law from the catalogue.

    >>> from wattscale.catalog import load_catalog
    >>> coefficients(load_catalog()).floor
    1.8172
    """
    names = ("floor", "a", "alpha", "b", "beta")
    return Coefficients(*(catalog.value(TABLE, f"{fit}.{name}") for name in names))


def quality(catalog: Catalog, params: float, tokens: float, *, experts: bool = False) -> Quality:
    """Predict the pre-training loss, with the range of the published fits.

    Args:
        catalog: The catalogue.
        params: Parameters; for routed experts the active ones, which understates them [1].
        tokens: Training tokens [token], above zero.
        experts: Whether the model has routed experts.

    Returns:
        Loss, compute-optimal tokens and the limits overstepped.

    Source: Hoffmann 2022; Besiroglu 2024.

    >>> from wattscale.catalog import load_catalog
    >>> round(quality(load_catalog(), 70e9, 1.4e12).loss[0], 2)
    1.97
    """
    fits = [coefficients(catalog, fit) for fit in FITS]
    losses = [fit.loss(params, tokens) for fit in fits]
    optima = [fit.optimal_tokens(params) for fit in fits]
    return Quality(
        tokens,
        (losses[0], min(losses), max(losses)),
        (optima[0], min(optima), max(optima)),
        _limits(catalog, params, tokens, experts),
    )


def _limits(catalog: Catalog, params: float, tokens: float, experts: bool) -> tuple[PlanWarning, ...]:
    least, most = (catalog.value(TABLE, f"fit.params_{end}") for end in ("least", "most"))
    longest = catalog.value(TABLE, "fit.tokens_most")
    found = []
    if not least <= params <= most or tokens > longest:
        found.append(
            PlanWarning(
                "scaling-law-extrapolated",
                f"The scaling law was fitted to {least / 1e6:.0f} million to {most / 1e9:.0f} billion parameters and "
                f"up to {longest / 1e12:.1f} trillion tokens; this model lies outside.",
            )
        )
    if experts:
        text = "The scaling law knows dense models; of routed experts it is given the active ones and understates them."
        found.append(PlanWarning("scaling-law-dense", text))
    return tuple(found)
