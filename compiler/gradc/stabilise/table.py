"""All identities, in the order in which rules on one kind of expression are tried."""

from __future__ import annotations

from gradc.stabilise import differences, logarithms, polynomials, powers, products, reductions

IDENTITIES = (
    *differences.RULES,
    *polynomials.RULES,
    *reductions.RULES,
    *products.RULES,
    *logarithms.RULES,
    *powers.RULES,
)
