"""Derivatives of a function as functions, named and called as in JAX and autograd.

>>> import numpy as np
>>> derivative(lambda w: np.sum(w**2), "value_and_grad", 0, None)(np.array([1.0, 2.0]))
(5.0, array([2., 4.]))

Each is a method of a `gradc.family.Family`, which several of them share for one function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, update_wrapper
from typing import Any

from gradc.errors import ArgumentTypeError, UnsupportedError
from gradc.family import Family


class Derivative:
    """A derivative of a function, as a function of the same arguments.

    Parameters
    ----------
    family
        The kernels of the function.
    what
        The method that is called.
    """

    def __init__(self, family: Family, what: str) -> None:
        self.family, self.what = family, what
        update_wrapper(self, family.function)
        self._call = getattr(family, what)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The derivative."""
        return self._call(*args, **kwargs)

    @property
    def signature(self) -> str:
        """The signature that was found for the last call, as `gradc.compile` takes it."""
        return self.family.signature

    def __repr__(self) -> str:
        return f"<{self.what} of {self.family!r}>"


class VectorProduct(Derivative):
    """The product of a Hessian with a vector, which is the last argument."""

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The product."""
        if not args:
            raise ArgumentTypeError(f"hvp of {self.family._name} takes the arguments, and the vector last")
        return self.family.hvp(args[:-1], args[-1], **kwargs)


def derivative(f: Any, what: str, argnums: Any, argnames: Any, has_aux: bool = False) -> Derivative:
    """A function's derivative of some kind."""
    if has_aux:
        raise UnsupportedError(
            "has_aux=True: a loss that returns more than itself is not known yet; compile a function for the rest"
        )
    family = family_of(f, argnums if argnames is None else argnames)
    return VectorProduct(family, what) if what == "hvp" else Derivative(family, what)


def vjp(f: Any, primals: Sequence[Any]) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """What `gradc.vjp` gives."""
    family = family_of(f, tuple(range(len(primals))))

    def pulled(cotangent: Any) -> tuple[Any, ...]:
        """The products of a cotangent with the Jacobians by each argument."""
        gradients: tuple[Any, ...] = family.vjp(primals, cotangent)[1]
        return gradients

    return family(*primals), pulled


def jvp(f: Any, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """What `gradc.jvp` gives."""
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise ArgumentTypeError("jvp takes the arguments in a tuple, and the tangents in another")
    return family_of(f, tuple(range(len(primals)))).jvp(primals, tuple(tangents))


def family_of(f: Any, wrt: Any) -> Family:
    """The kernels of a function; the same for one function and arguments."""
    wrt = tuple(wrt) if isinstance(wrt, list) else wrt
    try:
        return _family_of(f, wrt)
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        return _made(f, wrt)


# A family keeps its function alive, and what that holds: so few are remembered, those that were used last.
@lru_cache(maxsize=32)
def _family_of(f: Any, wrt: Any) -> Family:
    return _made(f, wrt)


def _made(f: Any, wrt: Any) -> Family:
    if isinstance(f, Family):
        return Family(f.function, wrt, f._options)
    if isinstance(f, Derivative):
        raise UnsupportedError(
            f"a derivative of {f!r}: a derivative inside of a loss is not known yet; gradc.hessian, gradc.jacobian and "
            "gradc.hvp give second derivatives"
        )
    if not callable(f) or str(type(f).__module__).startswith("gradc"):
        raise ArgumentTypeError(
            f"a function of NumPy code is needed, not {f!r}; a kernel has methods of the same names"
        )
    options = {"name": None, "dtype": None, "backend": "auto", "threads": None, "stabilise": True}
    return Family(f, wrt, options | {"precise": False, "reduce": "plain", "check": True})
