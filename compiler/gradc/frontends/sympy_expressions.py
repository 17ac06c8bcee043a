"""SymPy expressions, matrices and lists to `Program`.

>>> import sympy
>>> from gradc.frontends.signature import parse_signature
>>> X, w = sympy.IndexedBase("X"), sympy.IndexedBase("w")
>>> i, j = sympy.symbols("i j", integer=True)
>>> n, d = sympy.symbols("n d", integer=True)
>>> loss = sympy.Sum(sympy.exp(sympy.Sum(X[i, j] * w[j], (j, 0, d - 1))), (i, 0, n - 1)) / n
>>> print(convert(loss, parse_signature("w[d], X[n,d]")))
def program(w: real[d], X: real[n, d]):
    t0[i:n] = sum[j:d](X[i, j] * w[j])
    t1 = sum[i:n](exp(t0[i]))
    value = t1 / n
    return value
<BLANKLINE>

SymPy keeps sums and products in an order of its own. They are built here in its printing order and from the left, with
differences and quotients where a person would write them, so that ``lam / 2 * q`` is one program in every front end.
A matrix gives an array with two axes, also where it has one column; a list or a tuple gives one with one axis.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from types import GeneratorType
from typing import Any, NoReturn, TypeAlias

import sympy
from sympy.core.relational import Relational
from sympy.matrices.expressions.matexpr import MatrixElement, MatrixExpr

from gradc.calculus.primitives import PRIMITIVES, spellings
from gradc.errors import FormulaError, ShapeError, UnsupportedError
from gradc.frontends import values
from gradc.frontends.arrays import FUNCTIONS
from gradc.frontends.notation import nearest
from gradc.frontends.scopes import Scope
from gradc.frontends.values import ArrayValue, as_real, value_of
from gradc.ir.definitions import Parameter
from gradc.ir.equations import INTEGER, REAL
from gradc.ir.printer import describe_shape
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size, size, symbol

Visit: TypeAlias = "Generator[tuple[Any, Scope], Any, Any]"

SPELLINGS = spellings("sympy")
_CONSTANTS = {
    sympy.pi: float(sympy.pi), sympy.E: float(sympy.E), sympy.oo: float("inf"), -sympy.oo: float("-inf"),
    sympy.nan: float("nan"), sympy.EulerGamma: float(sympy.EulerGamma), sympy.GoldenRatio: float(sympy.GoldenRatio),
    sympy.Catalan: float(sympy.Catalan),
}  # fmt: skip
_RELATIONS = {"<": ("lt", False), "<=": ("le", False), ">": ("lt", True), ">=": ("le", True), "==": ("eq", False)}
_RELATIONS |= {"!=": ("ne", False)}
_INSTEAD = {
    "Derivative": "call .doit() first, or let gradc differentiate",
    "Integral": "call .doit() first",
    "Limit": "call .doit() first",
    "LambertW": "it has no C implementation here",
    "DiracDelta": "it is no function of numbers",
    "ImaginaryUnit": "gradc is real",
    "re": "gradc is real; declare symbols with real=True",
    "im": "gradc is real; declare symbols with real=True",
    "conjugate": "gradc is real; declare symbols with real=True",
    "arg": "gradc is real; declare symbols with real=True",
    "zoo": "a division by zero",
    "ComplexInfinity": "a division by zero",
}


def convert(expression: Any, parameters: Sequence[Parameter]) -> Program:
    """Read a SymPy expression.

    Parameters
    ----------
    expression
        A scalar, a condition, a matrix (two axes), or a list or tuple of scalars (one axis).
    parameters
        What its symbols are: `Symbol` a scalar or a dimension, `IndexedBase` and `MatrixSymbol` an array.

    Raises
    ------
    FormulaError
        For a symbol that the signature does not name.
    UnsupportedError
        For what has no counterpart here, by name.
    """
    return _Converter(parameters).program(expression)


class _Converter:
    """Walks SymPy's trees with a stack of its own."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.builder = ProgramBuilder(parameters)
        self.arrays = {parameter.name: number for number, parameter in enumerate(parameters)}
        atoms = (atom for parameter in parameters for extent in parameter.shape for atom in extent.atoms())
        self.dims = {str(atom[1]): symbol(str(atom[1])) for atom in atoms if atom[0] == "dim"}
        self.indices: dict[Any, list[tuple[Scope, Size]]] = {}
        self.known: dict[
            int, dict[Any, int]
        ] = {}  # by scope: what has been built, since SymPy shares no subexpressions

    def program(self, expression: Any) -> Program:
        if isinstance(expression, (list, tuple, sympy.Tuple)):
            return self._finish(
                self._stack([(k,) for k in range(len(expression))], list(expression), (len(expression),))
            )
        expression = sympy.sympify(expression) if isinstance(expression, (int, float)) else expression
        if isinstance(expression, sympy.MatrixBase):
            rows, columns = expression.shape
            places = [(i, j) for i in range(rows) for j in range(columns)]
            return self._finish(self._stack(places, [expression[place] for place in places], (rows, columns)))
        if isinstance(expression, MatrixExpr):
            return self._finish(self._run(expression, Scope(self.builder, ())))
        if isinstance(expression, sympy.NDimArray):
            shape = expression.shape
            places = [tuple(expression._get_tuple_index(k)) for k in range(len(expression))]
            return self._finish(self._stack(places, [expression[place] for place in places], shape))
        if not isinstance(expression, sympy.Basic):
            raise UnsupportedError(f"a {type(expression).__name__} is not a SymPy expression, matrix or list")
        scope = Scope(self.builder, ())
        return self._finish(value_of(self.builder, scope.define(self._number(expression, scope))))

    def _finish(self, value: ArrayValue) -> Program:
        return self.builder.finish([as_real(value).number], ["value"])

    def _stack(self, places: Sequence[tuple[int, ...]], items: Sequence[Any], shape: Sequence[int]) -> ArrayValue:
        """An array put together from scalars that share one body."""
        scope = Scope(self.builder, ())
        stores = []
        for place, item in zip(places, items, strict=True):
            if isinstance(item, (list, tuple, sympy.Tuple, sympy.MatrixBase)):
                raise UnsupportedError("a list of lists or matrices: give a Matrix, or a flat list")
            number = self._number(sympy.sympify(item) if isinstance(item, (int, float)) else item, scope)
            stores.append((tuple(map(size, place)), scope.body.coerce(number, REAL)))
        pieces = [((), scope.body, stores)] if stores else []
        return value_of(self.builder, self.builder.accumulate(tuple(map(size, shape)), pieces))

    # ---------------------------------------------------------------------------------------------------- the walking

    def _number(self, expression: Any, scope: Scope) -> int:
        return self._equation(self._run(expression, scope), scope, expression)

    def _equation(self, value: Any, scope: Scope, expression: Any) -> int:
        if isinstance(value, ArrayValue):
            if value.rank == 2 and all(extent.constant == 1 for extent in value.shape):
                return self.builder.access(scope.body, value.number, size(0), size(0))
            if value.rank:
                shape = describe_shape(value.shape)
                raise UnsupportedError(f"the array {_short(expression)} of shape {shape} where a scalar is meant")
            return self.builder.access(scope.body, value.number)
        return int(value)

    def _run(self, root: Any, scope: Scope) -> Any:
        stack: list[tuple[Visit, Any, Scope]] = []
        wanted, within = root, scope
        while True:
            known = self.known.setdefault(id(within), {})
            result = known[wanted] if wanted in known else self._visit(wanted, within)
            if isinstance(result, GeneratorType):
                stack.append((result, wanted, within))
                result = None
            while True:
                if not stack:
                    return result
                visit, expression, outside = stack[-1]
                try:
                    wanted, within = visit.send(result)
                    break
                except StopIteration as stop:
                    stack.pop()
                    result = stop.value
                    if isinstance(result, int):
                        self.known.setdefault(id(outside), {})[expression] = result

    def _visit(self, expression: Any, scope: Scope) -> Any:
        body = scope.body
        if expression in _CONSTANTS:
            return body.constant(_CONSTANTS[expression])
        if isinstance(expression, sympy.Integer):
            whole = int(expression)
            return body.integer(whole) if abs(whole) < 2**62 else body.constant(float(whole))
        if isinstance(expression, sympy.Rational):
            return body.constant(int(expression.p) / int(expression.q))
        if isinstance(expression, sympy.Float):
            return body.constant(float(expression))
        if expression in (sympy.true, sympy.false):
            return body.constant(bool(expression))
        if isinstance(expression, sympy.Symbol):
            return self._symbol(expression, scope)
        for kind, visit in self._kinds():
            if isinstance(expression, kind):
                return visit(expression, scope)
        if isinstance(expression, sympy.Basic):
            return self._function(expression, scope)
        raise UnsupportedError(f"a {type(expression).__name__} is not part of a SymPy expression")

    def _kinds(self) -> tuple[tuple[Any, Callable[[Any, Scope], Any]], ...]:
        return (
            (MatrixElement, self._element),
            (sympy.Indexed, self._indexed),
            (sympy.Idx, self._idx),
            (MatrixExpr, self._matrix),  # before Add and Mul, which its sums and products are too
            (sympy.Add, self._add),
            (sympy.Mul, self._mul),
            (sympy.Pow, self._pow),
            (sympy.exp, self._exp),
            (sympy.Sum, self._sum),
            (sympy.Product, self._sum),
            (sympy.Piecewise, self._piecewise),
            (sympy.ITE, self._choice),
            (Relational, self._relation),
            (sympy.And, self._fold("and")),
            (sympy.Or, self._fold("or")),
            (sympy.Xor, self._fold("ne")),
            (sympy.Not, self._fold("not")),
            (sympy.Max, self._fold("maximum")),
            (sympy.Min, self._fold("minimum")),
            (sympy.KroneckerDelta, self._delta),
            (sympy.Heaviside, self._heaviside),
            (sympy.polygamma, self._polygamma),
            (sympy.besseli, self._besseli),
            (sympy.Trace, self._matrix_function("trace")),
            (sympy.Determinant, self._matrix_function("linalg.det")),
        )

    # ---------------------------------------------------------------------------------------------------------- names

    def _symbol(self, expression: Any, scope: Scope) -> int:
        bound = self.indices.get(expression)
        if bound:
            return scope.body.integer(bound[-1][1])
        name = expression.name
        if name in self.arrays:
            array = self.arrays[name]
            shape = self.builder.arrays[array].shape
            if shape:
                raise ShapeError(
                    f"{name} has shape {describe_shape(shape)}, but stands as a scalar; make it an IndexedBase or a "
                    "MatrixSymbol"
                )
            return self.builder.access(scope.body, array)
        if name in self.dims:
            return scope.body.integer(self.dims[name])
        return self._unknown(name)

    def _unknown(self, name: str) -> NoReturn:
        known = [*self.arrays, *self.dims]
        raise FormulaError(
            f"the symbol {name} is not in the signature{nearest(name, known) or ', which names ' + ', '.join(known)}"
        )

    def _array(self, name: str, rank: int) -> int:
        if name not in self.arrays:
            self._unknown(name)
        shape = self.builder.arrays[self.arrays[name]].shape
        if len(shape) != rank:
            raise ShapeError(f"{name} has shape {describe_shape(shape)}, but is used with {rank} indices")
        return self.arrays[name]

    def _subscripts(self, indices: Sequence[Any], scope: Scope) -> Generator[tuple[Any, Scope], Any, tuple[Size, ...]]:
        places = []
        for part in indices:
            number = self._equation((yield part, scope), scope, part)
            if scope.body.kind(number) != INTEGER:
                raise UnsupportedError(
                    f"the subscript {_short(part)} is {scope.body.kind(number)}; an integer is needed"
                )
            places.append(scope.body.as_size(number))
        return tuple(places)

    def _indexed(self, expression: Any, scope: Scope) -> Visit:
        places = yield from self._subscripts(expression.indices, scope)
        array = self._array(str(expression.base.label), len(places))
        return self._access(array, places, scope)

    def _element(self, expression: Any, scope: Scope) -> Visit:
        places = yield from self._subscripts(expression.indices, scope)
        if isinstance(expression.parent, sympy.MatrixSymbol):
            name = expression.parent.name
            if name in self.arrays and len(self.builder.arrays[self.arrays[name]].shape) == 1:
                # A vector of the signature stands for a matrix of one column.
                return self._access(self.arrays[name], places[: 1 if places[1] == size(0) else 2], scope, name)
            return self._access(self._array(name, 2), places, scope)
        matrix = yield expression.parent, Scope(self.builder, ())
        return self._access(matrix.number, places, scope)

    def _access(self, array: int, places: tuple[Size, ...], scope: Scope, name: str = "") -> int:
        shape = self.builder.arrays[array].shape
        if len(places) != len(shape):
            raise ShapeError(f"{name} has shape {describe_shape(shape)}, but is used with {len(places)} indices")
        for axis, (place, extent) in enumerate(zip(places, shape, strict=True)):
            over = (place - extent).constant
            if (over is not None and over >= 0) or (place.constant is not None and place.constant < 0):
                raise ShapeError(f"index {place} is out of range for axis {axis} of length {extent}")
        return self.builder.access(scope.body, array, *places)

    def _idx(self, expression: Any, scope: Scope) -> int:
        bound = self.indices.get(expression) or self.indices.get(expression.label)
        if bound:
            return scope.body.integer(bound[-1][1])
        if isinstance(expression.label, sympy.Integer):
            return scope.body.integer(int(expression.label))
        return self._symbol(expression.label, scope)

    # ----------------------------------------------------------------------------------------------------- arithmetic

    def _add(self, expression: Any, scope: Scope) -> Visit:
        body = scope.body
        total: int | None = None
        terms = expression.as_ordered_terms()
        # `1 - x` rather than `-x + 1`: a positive term leads, as people write.
        lead = next((k for k, term in enumerate(terms) if not term.could_extract_minus_sign()), 0)
        for term in [terms[lead], *terms[:lead], *terms[lead + 1 :]]:
            negative = total is not None and _is_negative(term)
            value = self._equation((yield (-term if negative else term), scope), scope, term)
            op = "sub" if negative else "add"
            total = value if total is None else values.combine(body, op, total, value)
        return total

    def _mul(self, expression: Any, scope: Scope) -> Visit:
        """``p * first * second / (q * third)``, with the sign on the first factor."""
        body = scope.body
        coefficient, rest = expression.as_coeff_Mul()
        above: list[Any] = []
        below: list[Any] = []
        for factor in rest.as_ordered_factors():
            base, exponent = factor.as_base_exp()
            if isinstance(factor, sympy.Pow) and _is_negative(exponent):
                below.append(sympy.Pow(base, -exponent))
            else:
                above.append(factor)
        negative = _is_negative(coefficient)
        coefficient = -coefficient if negative else coefficient
        scale, divisor = coefficient, sympy.Integer(1)
        if isinstance(coefficient, sympy.Rational):
            scale, divisor = sympy.Integer(coefficient.p), sympy.Integer(coefficient.q)
        product: int | None = None
        if scale != 1 or not above:
            product = yield (-scale if negative else scale), scope
            negative = False
        for position, factor in enumerate(above):
            value = self._equation((yield factor, scope), scope, factor)
            if negative:
                value, negative = values.combine(body, "neg", value), False
            product = value if product is None else values.combine(body, "mul", product, value)
            if position == 0 and divisor != 1:
                product, divisor = body.apply("div", product, (yield divisor, scope)), sympy.Integer(1)
        if product is None:
            product = body.integer(1)
        if divisor != 1:
            product = body.apply("div", product, (yield divisor, scope))
        bottom: int | None = None
        for factor in below:
            value = self._equation((yield factor, scope), scope, factor)
            bottom = value if bottom is None else values.combine(body, "mul", bottom, value)
        return product if bottom is None else body.apply("div", product, bottom)

    def _pow(self, expression: Any, scope: Scope) -> Visit:
        body = scope.body
        base, exponent = expression.base, expression.exp
        if _is_negative(exponent):
            inverse = self._equation((yield sympy.Pow(base, -exponent), scope), scope, expression)
            return body.apply("div", body.constant(1.0), inverse)
        left = self._equation((yield base, scope), scope, base)
        if exponent == sympy.Rational(1, 2):
            return body.apply("sqrt", left)
        right = self._equation((yield exponent, scope), scope, exponent)
        if body.kind(left) == INTEGER and isinstance(exponent, sympy.Integer) and 0 < int(exponent) <= 8:
            total = body.as_size(left)
            for _ in range(int(exponent) - 1):
                total = total * body.as_size(left)
            return body.integer(total)
        return body.apply("pow", left, right)

    def _exp(self, expression: Any, scope: Scope) -> Visit:
        value = self._equation((yield expression.exp, scope), scope, expression.exp)
        return scope.body.apply("exp", value)

    def _sum(self, expression: Any, scope: Scope) -> Visit:
        """``Sum(term, (i, 0, n - 1))``, also from another start than 0."""
        if len(scope.extents) + len(expression.limits) > 64:
            raise UnsupportedError("more than 64 indices")
        names, starts, extents = [], [], []
        bound = {limit[0] for limit in expression.limits}
        for name, *bounds in reversed(expression.limits):
            if len(bounds) == 0 and isinstance(name, sympy.Idx) and name.lower is not None:
                bounds = [name.lower, name.upper]
            if len(bounds) != 2:
                raise UnsupportedError(f"the index {name} needs its limits, as in ({name}, 0, n - 1)")
            lower, upper = self._extent(bounds[0], name, bound), self._extent(bounds[1], name, bound)
            extent = upper - lower + 1
            if extent.constant is not None and extent.constant < 0:
                extent = size(0)
            names.append(name)
            starts.append(lower)
            extents.append(extent)
        inner = scope.inside(extents)
        for position, (name, start) in enumerate(zip(names, starts, strict=True)):
            place = inner.indices[len(scope.extents) + position] + start
            self.indices.setdefault(name, []).append((inner, place))
        term = self._equation((yield expression.function, inner), inner, expression.function)
        for name in names:
            self.indices[name].pop()
        self.known.pop(id(inner), None)
        return scope.reduce(inner, term, "prod" if isinstance(expression, sympy.Product) else "sum")

    def _extent(self, bound: Any, name: Any, indices: Collection[Any] = ()) -> Size:
        """A limit, which may name dimensions only."""
        if any(self.indices.get(free) or free in indices for free in bound.free_symbols):
            raise UnsupportedError(
                f"a limit of the index {name} depends on another index; sum a Piecewise to the largest limit instead"
            )
        scope = Scope(self.builder, ())
        number = self._number(bound, scope)
        if scope.body.kind(number) != INTEGER or scope.body.as_size(number).mentions("ref"):
            raise UnsupportedError(
                f"the limit {_short(bound)} of the index {name} is not an integer expression of dimensions"
            )
        return scope.body.as_size(number)

    def _equations(self, parts: Sequence[Any], scope: Scope) -> Generator[tuple[Any, Scope], Any, list[int]]:
        numbers = [0] * len(parts)
        for place, part in enumerate(parts):
            numbers[place] = self._equation((yield part, scope), scope, part)
        return numbers

    # ---------------------------------------------------------------------------------------------------------- choice

    def _piecewise(self, expression: Any, scope: Scope) -> Visit:
        body = scope.body
        result = body.constant(float("nan"))
        for value, condition in reversed(expression.args):
            chosen = self._equation((yield value, scope), scope, value)
            if condition == sympy.true:
                result = chosen
                continue
            when = yield condition, scope
            result = values.combine(body, "where", when, chosen, result)
        return result

    def _choice(self, expression: Any, scope: Scope) -> Visit:
        parts = yield from self._equations(expression.args, scope)
        return values.combine(scope.body, "where", *parts)

    def _relation(self, expression: Any, scope: Scope) -> Visit:
        if expression.rel_op not in _RELATIONS:
            raise UnsupportedError(f"the relation {expression.rel_op}")
        left = self._equation((yield expression.lhs, scope), scope, expression.lhs)
        right = self._equation((yield expression.rhs, scope), scope, expression.rhs)
        op, swapped = _RELATIONS[expression.rel_op]
        return scope.body.apply(op, right, left) if swapped else scope.body.apply(op, left, right)

    def _fold(self, op: str) -> Callable[[Any, Scope], Visit]:
        """An operation on any number of operands, in SymPy's printing order."""

        def visit(expression: Any, scope: Scope) -> Visit:
            parts = yield from self._equations(sorted(expression.args, key=sympy.default_sort_key), scope)
            if op == "not":
                return scope.body.apply("not", *parts)
            total = parts[0]
            for part in parts[1:]:
                total = values.combine(scope.body, op, total, part)
            return total

        return visit

    # ------------------------------------------------------------------------------------------------------- functions

    def _function(self, expression: Any, scope: Scope) -> Visit:
        name = type(expression).__name__
        op = SPELLINGS.get(name)
        if op is None or not isinstance(expression, (sympy.Function, sympy.Mod)):
            instead = _INSTEAD.get(name, "write it with functions that gradc knows")
            what = f"the function {name}" if isinstance(expression, sympy.Function) else name
            raise UnsupportedError(f"{what} in a SymPy expression is not supported: {instead}")
        numbers = yield from self._equations(expression.args, scope)
        if len(numbers) != PRIMITIVES[op].arity:
            raise UnsupportedError(f"{name} of {len(numbers)} arguments")
        return values.combine(scope.body, op, *numbers)

    def _delta(self, expression: Any, scope: Scope) -> Visit:
        body = scope.body
        left = self._equation((yield expression.args[0], scope), scope, expression.args[0])
        right = self._equation((yield expression.args[1], scope), scope, expression.args[1])
        return body.apply("where", body.apply("eq", left, right), body.constant(1.0), body.constant(0.0))

    def _heaviside(self, expression: Any, scope: Scope) -> Visit:
        value = self._equation((yield expression.args[0], scope), scope, expression.args[0])
        middle = expression.args[1] if len(expression.args) > 1 else sympy.Rational(1, 2)
        return scope.body.apply("heaviside", value, self._equation((yield middle, scope), scope, middle))

    def _polygamma(self, expression: Any, scope: Scope) -> Visit:
        order, argument = expression.args
        value = self._equation((yield argument, scope), scope, argument)
        if order == 0:
            return scope.body.apply("digamma", value)
        return scope.body.apply("polygamma", self._equation((yield order, scope), scope, order), value)

    def _besseli(self, expression: Any, scope: Scope) -> Visit:
        order, argument = expression.args
        if order not in (0, 1):
            raise UnsupportedError(f"besseli of order {order}: orders 0 and 1 are known")
        value = self._equation((yield argument, scope), scope, argument)
        return scope.body.apply(f"i{int(order)}", value)

    # -------------------------------------------------------------------------------------------------------- matrices

    def _matrix_function(self, name: str) -> Callable[[Any, Scope], Visit]:
        def visit(expression: Any, scope: Scope) -> Visit:
            matrix = yield expression.args[0], scope
            return self._equation(FUNCTIONS[name](matrix), scope, expression)

        return visit

    def _matrix(self, expression: Any, scope: Scope) -> Visit:  # noqa: ARG002
        """A matrix, as an array with two axes."""
        whole = Scope(self.builder, ())
        if isinstance(expression, sympy.MatrixSymbol):
            if expression.name not in self.arrays:
                self._unknown(expression.name)
            value = value_of(self.builder, self.arrays[expression.name])
            if value.rank == 1:
                return FUNCTIONS["expand_dims"](value, 1)
            if value.rank != 2:
                raise ShapeError(f"{expression.name} has shape {describe_shape(value.shape)}, but stands as a matrix")
            return value
        if isinstance(expression, sympy.Identity):
            return self._identity(expression)
        if isinstance(expression, sympy.ZeroMatrix):
            return values.fill(self.builder, tuple(self._extent(part, "i") for part in expression.shape), 0.0)
        if isinstance(expression, sympy.Transpose):
            return FUNCTIONS["transpose"]((yield expression.arg, whole))
        if isinstance(expression, sympy.Inverse):
            return FUNCTIONS["linalg.inv"]((yield expression.arg, whole))
        if isinstance(expression, sympy.MatAdd):
            total = yield expression.args[0], whole
            for part in expression.args[1:]:
                total = values.add(total, (yield part, whole))
            return total
        if isinstance(expression, sympy.HadamardProduct):
            total = yield expression.args[0], whole
            for part in expression.args[1:]:
                total = values.multiply(total, (yield part, whole))
            return total
        if isinstance(expression, sympy.MatMul):
            return (yield from self._product(expression, whole))
        if isinstance(expression, sympy.MatPow) and expression.exp.is_Integer and expression.exp > 0:
            return FUNCTIONS["linalg.matrix_power"]((yield expression.base, whole), int(expression.exp))
        raise UnsupportedError(
            f"{type(expression).__name__} in a SymPy expression is not supported: write it by elements"
        )

    def _product(self, expression: Any, whole: Scope) -> Visit:
        coefficient, factors = expression.as_coeff_matrices()
        total: Any = None
        for factor in factors:
            matrix = yield factor, whole
            total = matrix if total is None else FUNCTIONS["matmul"](total, matrix)
        if coefficient == 1:
            return total
        if coefficient == -1:
            return values.negative(total)
        scope = Scope(self.builder, ())
        number = self._equation((yield coefficient, scope), scope, coefficient)
        return values.multiply(value_of(self.builder, scope.define(number)), total)

    def _identity(self, expression: Any) -> ArrayValue:
        extent = self._extent(expression.rows, "i")
        scope = Scope(self.builder, (extent, extent))
        body = scope.body
        on = body.apply("eq", *map(body.integer, scope.indices))
        number = body.apply("where", on, body.constant(1.0), body.constant(0.0))
        return value_of(self.builder, scope.define(number))


def _is_negative(expression: Any) -> bool:
    """Whether an expression is written with a minus sign."""
    coefficient = expression.as_coeff_Mul()[0]
    return bool(coefficient.is_number and coefficient.is_extended_negative)


def _short(expression: Any) -> str:
    """About how an expression is written, for messages."""
    text = (
        str(expression)
        if sum(1 for _ in zip(range(50), sympy.preorder_traversal(expression), strict=False)) < 50
        else "..."
    )
    return text if len(text) < 60 else text[:59] + "…"
