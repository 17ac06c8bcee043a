"""A function of structures of arrays, as a function of the arrays in them.

>>> def loss(params, x):
...     return params["scale"] * x + params["shift"]
>>> arrange = lambda leaves: (({"scale": leaves[0], "shift": leaves[1]}, leaves[2]), {})
>>> flat = Arranged(loss, arrange, Captured(loss), 3)
>>> flat(2.0, 1.0, 3.0)
7.0

So the arrays are the arguments of a program, and the function is traced on the structures that it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from gradc.frontends.captured import Captured
from gradc.frontends.substituting import Substitution

Arrange: TypeAlias = Callable[[Sequence[Any]], tuple[Sequence[Any], Mapping[str, Any]]]


class Arranged:
    """A function, and how its arguments are made of a row of arrays and numbers.

    Parameters
    ----------
    function
        The user's.
    arrange
        Gives the arguments by position and by name that hold these leaves.
    captured
        The arrays that the function reads from outside, whose leaves come after those of the arguments.
    count
        How many leaves the arguments have.
    identity
        A text that tells the structure of the arguments from all others; None where there is none.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arrange: Arrange,
        captured: Captured,
        count: int,
        identity: str | None = None,
    ) -> None:
        self.function, self.identity, self._arrange, self._captured, self._count = (
            function,
            identity,
            arrange,
            captured,
            count,
        )
        self.__wrapped__ = function
        self.__name__ = str(getattr(function, "__name__", "loss"))

    def __call__(self, *leaves: Any) -> Any:
        """What the function gives for these leaves, those from outside too."""
        return self.under(Substitution({}))(*leaves)

    def under(self, substitution: Substitution) -> Callable[..., Any]:
        """The same with other functions and variables in the place of what the function names."""

        def call(*leaves: Any) -> Any:
            substitution.given = self._captured.given(leaves[self._count :])
            args, kwargs = self._arrange(leaves[: self._count])
            return substitution.replace(self.function)(*args, **kwargs)

        return call
