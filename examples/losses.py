"""A classifier and a small network for ``gradc build examples/losses.py -o kernels``: plain NumPy, which runs as it is.

from losses import softmax_regression

softmax_regression.function(W, b, X, y, lam)        # NumPy
softmax_regression.value_and_grad(W, b, X, y, lam)  # compiled, with the gradient
"""

from __future__ import annotations

from typing import Any

import numpy as np

import gradc


def cross_entropy(Z: Any, y: Any) -> Any:
    """The mean negative log-probability of the classes `y` under the logits `Z`, which may be large."""
    top = np.max(Z, axis=1)
    log_total = top + np.log(np.sum(np.exp(Z - top[:, None]), axis=1))
    return np.mean(log_total - np.take_along_axis(Z, y[:, None], axis=1)[:, 0])


@gradc.kernel("W[d,k], b[k], X[n,d]", wrt=("W", "b"))
def softmax_regression_logits(W: Any, b: Any, X: Any) -> Any:
    """The logits of a linear classifier, a row each sample."""
    return X @ W + b


@gradc.kernel("W[d,k], b[k], X[n,d], y[n]:int64, lam", wrt=("W", "b"))
def softmax_regression(W: Any, b: Any, X: Any, y: Any, lam: Any) -> Any:
    """Multinomial logistic regression with a ridge."""
    return cross_entropy(X @ W + b, y) + lam / 2 * np.sum(W**2)


@gradc.kernel("W1[d,h], b1[h], W2[h,k], b2[k], X[n,d]", wrt=("W1", "b1", "W2", "b2"))
def two_layer_logits(W1: Any, b1: Any, W2: Any, b2: Any, X: Any) -> Any:
    """The logits of a network with one hidden layer of tanh."""
    return np.tanh(X @ W1 + b1) @ W2 + b2


@gradc.kernel("W1[d,h], b1[h], W2[h,k], b2[k], X[n,d], y[n]:int64, lam", wrt=("W1", "b1", "W2", "b2"))
def two_layer(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, y: Any, lam: Any) -> Any:
    """That network's cross-entropy, with weight decay."""
    Z = np.tanh(X @ W1 + b1) @ W2 + b2
    return cross_entropy(Z, y) + lam / 2 * (np.sum(W1**2) + np.sum(W2**2))
