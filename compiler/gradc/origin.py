"""The Python function that a kernel was made from, and whether the kernel still means it.

    origin = Origin(loss, lambda: program)
    origin.compare((w, X), seconds=0.3)         # once: runs `loss` in NumPy, and its trace, and compares
    origin.compare_sample()                     # on small arguments that are drawn

The first call of a kernel does this on its own arguments, unless that would cost more than compiling did: then on small
ones. What was compared is remembered beside the kernel, so another process does not do it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradc.errors import GradcError, TraceMismatchError
from gradc.runtime.forks import unforked
from gradc.runtime.once import once

if TYPE_CHECKING:
    from gradc.ir.program import Program
    from gradc.runtime.calls import Call

_LEAST = 0.2  # seconds that a comparison may take in any case
_OPERATION = 4e-9  # seconds that NumPy takes for an operation on an element, arrays between included


class Origin:
    """A function and its trace; what is remembered is whether they were compared.

    Parameters
    ----------
    function
        What was compiled.
    trace
        Gives the trace, before any pass. It is not made again: what the function reads outside may have changed since.
    compared
        Whether they were found to agree before.
    """

    def __init__(self, function: Callable[..., Any], trace: Callable[[], Program], compared: bool = False) -> None:
        self.function, self.trace, self.compared = function, trace, compared
        self._call: Call | None = None

    @once
    def program(self) -> Program:
        """The trace."""
        return self.trace()

    @unforked
    def compare(self, arguments: Sequence[Any], dtype: str, seconds: float) -> None:
        """Compare on these arguments, or on small ones where that would take more than so many seconds.

        What is wrong with the arguments is left to the kernel to say.

        Raises
        ------
        TraceMismatchError
            Where the function and its trace disagree.
        """
        if self._cost(arguments) > max(seconds, _LEAST):
            self.compare_sample(dtype)
        else:
            self.compared = self._attempt(arguments, dtype)

    @unforked
    def compare_sample(self, dtype: str) -> None:
        """Compare on the first small arguments, drawn at random, that the function takes.

        Raises
        ------
        TraceMismatchError
            Where the function and its trace disagree.
        """
        from gradc.sampling import samples

        try:
            for sample in samples(self.program, dtype):
                if self._attempt(sample.arguments, dtype, drawn=True):
                    break
        except TraceMismatchError:
            raise
        except GradcError:
            pass  # no small arguments fit
        self.compared = True

    def _attempt(self, arguments: Sequence[Any], dtype: str, *, drawn: bool = False) -> bool:
        """Compare on some arguments; gives whether that was possible."""
        try:
            self._comparing(dtype)(*arguments)
        except TraceMismatchError as error:
            # Arguments that were drawn may not be what the function is for.
            if drawn and error.__cause__ is not None:
                return False
            raise
        except (GradcError, ArithmeticError, np.linalg.LinAlgError):
            return False
        return True

    def _comparing(self, dtype: str) -> Call:
        """A call that takes the kernel's arguments, with the same checks, and compares."""
        if self._call is None:
            from gradc import interface
            from gradc.calculus.semantics import SEMANTICS
            from gradc.frontends.comparison import compare
            from gradc.runtime.calls import interpreted

            program, function = self.program, self.function
            names = [parameter.name for parameter in program.parameters]

            def evaluate(named: dict[str, Any], sizes: dict[str, int]) -> Sequence[Any]:
                return compare(function, program, [named[name] for name in names], sizes, SEMANTICS)

            name = getattr(function, "__name__", "loss")
            entry = interface.plain_entry(program, name if name.isidentifier() else "loss", dtype)
            self._call = interpreted(entry, evaluate)
        return self._call

    def _cost(self, arguments: Sequence[Any]) -> float:
        """About how many seconds both take on arguments of these shapes."""
        from gradc.ir.definitions import bodies_of

        sizes: dict[Any, int] = {}
        for parameter, argument in zip(self.program.parameters, arguments, strict=False):
            for extent, length in zip(parameter.shape, np.shape(argument), strict=False):
                if extent.atom is not None:
                    sizes.setdefault(extent.atom, length)
        largest = max(sizes.values(), default=1)
        total = 0.0
        for definition in self.program.definitions:
            for extents, body, _ in bodies_of(definition):
                count = float(len(body) + 1)
                for extent in extents:
                    known = {atom: sizes.get(atom, largest) for atom in extent.atoms()}
                    count *= max(extent.evaluate(known), 0)
                total += count
        total += sum(float(np.size(argument)) for argument in arguments)
        return 2 * _OPERATION * total
