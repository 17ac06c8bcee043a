"""A function of structures of arrays, as a function of the arrays in them.

>>> def loss(params, x):
...     return params["scale"] * x + params["shift"]
>>> flat = Arranged(loss, lambda leaves: (({"scale": leaves[0], "shift": leaves[1]}, leaves[2]), {}))
>>> flat(2.0, 1.0, 3.0)
7.0

So the arrays are the arguments of a program, and the function is traced on the structures that it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


class Arranged:
    """A function, and how its arguments are made of a row of arrays and numbers.

    Parameters
    ----------
    function
        The user's.
    arrange
        Gives the arguments by position and by name that hold these leaves.
    """

    def __init__(
        self, function: Callable[..., Any], arrange: Callable[[Sequence[Any]], tuple[Sequence[Any], Mapping[str, Any]]]
    ) -> None:
        self.function, self.arrange = function, arrange
        self.__wrapped__ = function
        self.__name__ = str(getattr(function, "__name__", "loss"))

    def __call__(self, *leaves: Any) -> Any:
        """What the function gives."""
        args, kwargs = self.arrange(leaves)
        return self.function(*args, **kwargs)

    def of(self, function: Callable[..., Any]) -> Arranged:
        """The same of another function."""
        return Arranged(function, self.arrange)
