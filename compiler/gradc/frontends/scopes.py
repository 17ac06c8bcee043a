"""Scalar expressions under construction over bound indices, whose inner reductions become definitions of their own.

>>> from gradc.ir.definitions import Parameter
>>> from gradc.ir.program import ProgramBuilder
>>> from gradc.ir.size import symbol
>>> n, d = symbol("n"), symbol("d")
>>> builder = ProgramBuilder([Parameter("X", (n, d)), Parameter("w", (d,))])
>>> outer = Scope(builder, (n,))                # z[i:n] = exp(sum[j:d](X[i, j] * w[j]))
>>> inner = outer.inside((d,))
>>> i, j = inner.indices
>>> product = inner.body.apply("mul", builder.access(inner.body, 0, i, j), builder.access(inner.body, 1, j))
>>> total = outer.reduce(inner, product, "sum")
>>> _ = outer.define(outer.body.apply("exp", total), "z")
>>> print(builder.finish([3]))
def program(X: real[n, d], w: real[d]):
    t0[i:n] = sum[j:d](X[i, j] * w[j])
    z[i:n] = exp(t0[i])
    return z
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Sequence

from gradc.ir.equations import REAL, index_dependencies
from gradc.ir.program import ProgramBuilder
from gradc.ir.size import Size, index, product


class Scope:
    """The body of one definition while it is made, with the extents of the indices that are bound in it."""

    def __init__(self, builder: ProgramBuilder, extents: Sequence[Size], outer: Scope | None = None) -> None:
        self.builder = builder
        self.body = builder.body()
        self.extents = tuple(extents)
        self.outer = outer
        self._carried: dict[tuple[int, int], int] = {}

    @property
    def indices(self) -> tuple[Size, ...]:
        """The indices, the outermost first."""
        return tuple(map(index, range(len(self.extents))))

    def inside(self, extents: Sequence[Size]) -> Scope:
        """A scope of this one's indices and more, for the terms of a reduction."""
        return Scope(self.builder, (*self.extents, *extents), self)

    def carry(self, scope: Scope, number: int) -> int:
        """An equation of an enclosing scope as one of this scope, whose first indices are the same."""
        if scope is self:
            return number
        key = id(scope), number
        if key not in self._carried:
            (self._carried[key],) = self.body.insert(scope.body.equations, [number])
        return self._carried[key]

    def reduce(self, inner: Scope, number: int, reduction: str) -> int:
        """Reduce an equation of an inner scope over the indices that are its own, and give the result's equation here.

        The reduction is defined over those of this scope's indices that it uses, in order. ``mean`` is the sum by the
        number of terms.
        """
        reduced = inner.extents[len(self.extents) :]
        if reduction == "mean":
            total = self.reduce(inner, number, "sum")
            return self.body.apply("div", total, self.body.integer(product(reduced)))
        equations, (root,) = inner.body.extract([inner.body.coerce(number, REAL)])
        named = index_dependencies(equations)[root]
        used = [k for k in range(len(self.extents)) if k in named]
        new = {old: place for place, old in enumerate([*used, *range(len(self.extents), len(inner.extents))])}
        body = self.builder.body()
        (root,) = body.insert(equations, [root], replace_index=lambda k: index(new[k]))
        free = [self.extents[k] for k in used]
        array = self.builder.comprehend(body, root, free, reduced, reduction)
        return self.builder.access(self.body, array, *map(index, used))

    def define(self, number: int, hint: str | None = None, *, exact: bool = False) -> int:
        """Define the array of an equation over all indices, and give its number.

        A mere element ``T[i, j]`` of an array that has just these axes is that array, unless `exact`.
        """
        if exact:
            return self.builder.comprehend(self.body, number, self.extents, hint=hint)
        equation = self.body.equations[number]
        if equation.op == "access":
            array, subscripts = equation.data
            fresh = array >= len(self.builder.parameters)
            if fresh and subscripts == self.indices and self.builder.arrays[array].shape == self.extents:
                self.builder.name(array, hint)
                return int(array)
        return self.builder.comprehend(self.body, number, self.extents, hint=hint)
