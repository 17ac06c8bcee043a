"""Stable forms for formulas that overflow, cancel or meet 0 * inf: identities by the kind of expression, and fits."""
