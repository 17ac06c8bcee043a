"""What the nodes of a formula mean: scalars where indices are bound, arrays elsewhere.

    sum[i:n](-y[i] * z[i]) / n          inside the brackets a scalar for each i, outside an array without axes
    mean(log(1 + exp(-y * (X @ w))))    arrays, by the functions that NumPy code is traced with

An `Evaluator` walks the nodes with a stack of its own, so that nothing recurses. Numbers are calculated as Python
would, before they meet an array, so that ``1/2 * x`` is the same program in every front end.
"""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable, Generator, Sequence
from functools import partial
from types import GeneratorType
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np

from gradc.calculus.primitives import PRIMITIVES, spellings
from gradc.calculus.reductions import REDUCTIONS
from gradc.errors import FormulaError, GradcError
from gradc.frontends import values
from gradc.frontends.arrays import CREATORS, REFUSED
from gradc.frontends.arrays import FUNCTIONS as ARRAY_FUNCTIONS
from gradc.frontends.composites import ALIASES, COMPOSITES, expand
from gradc.frontends.indexing import getitem
from gradc.frontends.notation import Node, Syntax, nearest
from gradc.frontends.scopes import Scope
from gradc.frontends.signature import check_name
from gradc.frontends.signature import combine as combine_sizes
from gradc.frontends.values import ArrayValue, value_of
from gradc.ir.equations import INTEGER, REAL, STRUCTURAL
from gradc.ir.printer import describe_shape
from gradc.ir.program import ProgramBuilder
from gradc.ir.size import ZERO, Size, size, symbol

# What functions on arrays raise for arguments that do not fit.
_FAULTS = (GradcError, ArithmeticError, AssertionError, LookupError, TypeError, ValueError, RecursionError)


class Term(NamedTuple):
    """An equation of a scope's body."""

    scope: Scope
    number: int


class Bound(NamedTuple):
    """An index: the scope that binds it, and its place there."""

    scope: Scope
    place: int


# Python's numbers; a `Size`; a `Term` or an `ArrayValue`; and what only array functions take: slices, tuples, None, ...
Value: TypeAlias = Any
Visit: TypeAlias = "Generator[tuple[int, Scope | None], Value, Value]"

# A formula may leave the module out: `solve(A, b)` as well as `np.linalg.solve(A, b)`.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name.removeprefix("linalg."): function for name, function in ARRAY_FUNCTIONS.items()},
    **ARRAY_FUNCTIONS,
    **CREATORS,
}
_METHODS = """
    all any clip cumprod cumsum diagonal dot flatten max mean min prod ptp ravel repeat reshape round squeeze std sum
    swapaxes take trace transpose var
"""
METHODS = {name: FUNCTIONS["ravel" if name == "flatten" else name] for name in _METHODS.split()}
CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan}
MODULES = frozenset({"np", "numpy", "scipy", "special", "sp", "math", "linalg"})
BINDING = (*REDUCTIONS, "mean")  # the reductions that bind indices
SPELLINGS = spellings("formula")
_MAX_INDICES = 64

_OPERATORS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "pow", "//": "floor_divide", "%": "mod"}
_OPERATORS |= {"&": "bit_and", "|": "bit_or", "and": "and", "or": "or"}
_COMPARISONS = {"<": "lt", "<=": "le", ">": "lt", ">=": "le", "==": "eq", "!=": "ne"}
_PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_SIZES = frozenset({"+", "-", "*", "//", "%"})
# NumPy's names for operators, and whether the operands change places.
_NAMED = {
    "logical_and": ("and", 2), "logical_or": ("or", 2), "logical_not": ("not", 1), "logical_xor": ("ne", 2),
    "less": ("lt", 2), "less_equal": ("le", 2), "greater": ("gt", 2), "greater_equal": ("ge", 2),
    "equal": ("eq", 2), "not_equal": ("ne", 2), "positive": ("+", 1),
    "delta": ("delta", 2), "where": ("where", 3),
}  # fmt: skip
_SWAPPED = {"gt": "lt", "ge": "le"}


class Evaluator:
    """Gives the nodes of one text their meaning in the program that a builder makes.

    Parameters
    ----------
    literal
        Take the text for a printed program: equations just as they are written, arrays only by element.
    dims
        Dimensions beside those of the parameters' shapes.
    """

    def __init__(
        self, syntax: Syntax, builder: ProgramBuilder, *, literal: bool = False, dims: Sequence[str] = ()
    ) -> None:
        self.syntax, self.builder, self.literal = syntax, builder, literal
        found = dict.fromkeys(dims)
        for parameter in builder.parameters:
            for extent in parameter.shape:
                found.update((str(atom[1]), None) for atom in extent.atoms() if atom[0] == "dim")
        self.dims = tuple(found)
        self.bindings: dict[str, list[Value]] = {name: [symbol(name)] for name in self.dims}
        for number, parameter in enumerate(builder.parameters):
            self.bindings[parameter.name] = [value_of(builder, number)]
        self._guards = 0  # how many choices guard what is being read

    # --------------------------------------------------------------------------------------------------- the outside

    def array(self, root: int) -> ArrayValue:
        """The value of a whole expression, as an array."""
        if self._all_scalar(root):
            scope = Scope(self.builder, ())
            value = self._run(root, scope)
            if not isinstance(value, ArrayValue):
                return value_of(self.builder, scope.define(self._number(value, scope, root)))
            return value
        return self._as_array(self._run(root, None), root)

    def scalar(self, root: int, scope: Scope) -> int:
        """The value of an expression in a scope, as an equation of its body."""
        return self._number(self._run(root, scope), scope, root)

    def subscript(self, root: int, scope: Scope) -> Size:
        """The value of an integer expression in a scope."""
        return self._size(self._run(root, scope), scope, root)

    def extent(self, root: int) -> Size:
        """The value of an integer expression of dimensions."""
        for number in self._below(root):
            node = self.syntax.nodes[number]
            if node.kind == "name" and isinstance(self._lookup(str(node.value)), Bound):
                self._fail(
                    f"the extent of an index depends on the index {node.value}; run to the largest extent, and choose: "
                    "sum[j:n](where(j < i, ..., 0))",
                    node.start,
                )
        value = self._run(root, None)
        if isinstance(value, bool) or not isinstance(value, (int, Size)):
            self._fail("the extent of an index is an integer expression of dimensions", self._start(root))
        found = size(value)
        if found.constant is not None and found.constant < 0:
            self._fail(f"an extent of {found.constant}", self._start(root))
        return found

    def assign(self, name: str, value: ArrayValue) -> None:
        """Give a name to an array."""
        self.bindings[name] = [value]

    def check_new(self, name: str, start: int, *, rebinding: bool) -> None:
        """Refuse a name that means something else already."""
        if name in self.dims:
            self._fail(f"{name} is a dimension, and cannot be defined", start)
        if not rebinding and name in self.bindings:
            self._fail(f"{name} is defined twice", start)

    def named_array(self, root: int) -> int:
        """The number of the array that a name stands for."""
        node = self.syntax.nodes[root]
        value = self._lookup(str(node.value)) if node.kind == "name" else None
        if not isinstance(value, ArrayValue):
            self._fail("the name of an array was expected", node.start)
        return value.number

    def binders(self, parts: Sequence[int]) -> list[tuple[str, Size]]:
        """The indices of ``[i:n, j:d]`` with their extents."""
        found: list[tuple[str, Size]] = []
        for part in parts:
            node = self.syntax.nodes[part]
            if node.kind == "tuple" and not node.children:
                continue
            first = self.syntax.nodes[node.children[0]] if node.children else node
            if node.kind == "name":
                self._fail(f"the index {node.value} needs its extent, as in {node.value}:n", node.start)
            if node.kind != "slice" or node.value != (True, True) or first.kind != "name":
                self._fail("an index with its extent was expected, such as i:n", first.start)
            name = check_name(str(first.value), "an index", first.start, self.syntax)
            known = self._lookup(name)
            if isinstance(known, Bound) or name in dict(found):
                self._fail(f"the index {name} is bound twice", first.start)
            if known is not None:
                what = "a dimension" if isinstance(known, Size) else "an array"
                self._fail(f"{name} is {what}, and cannot be an index too", first.start)
            found.append((name, self.extent(node.children[1])))
        return found

    def bind(self, parts: Sequence[int], scope: Scope) -> tuple[Scope, list[str]]:
        """A scope inside `scope` where the indices of ``[i:n, j:d]`` are bound, and their names."""
        found = self.binders(parts)
        place = len(scope.extents)
        inner = scope.inside([extent for _, extent in found])
        if len(inner.extents) > _MAX_INDICES:
            self._fail(f"more than {_MAX_INDICES} indices", self._start(parts[0]))
        for offset, (name, _) in enumerate(found):
            self.bindings.setdefault(name, []).append(Bound(inner, place + offset))
        return inner, [name for name, _ in found]

    def unbind(self, names: Sequence[str]) -> None:
        """Forget names bound inside."""
        for name in names:
            self.bindings[name].pop()
            if not self.bindings[name]:
                del self.bindings[name]

    def let(self, root: int, scope: Scope) -> str:
        """Bind the name of ``name := value``, and give it."""
        node = self.syntax.nodes[root]
        value = self._run(node.children[0], scope)
        return self._let(node, value)

    def is_reduction(self, root: int) -> bool:
        """Whether a node is ``sum[i:n](...)`` or the like, but for ``mean``, which is a quotient."""
        node = self.syntax.nodes[root]
        return node.kind == "call" and self._binder(node.children[0]) in REDUCTIONS

    def reduction(self, root: int, scope: Scope, hint: str | None) -> int:
        """Define ``T[all indices of scope] = sum[i:n](...)`` and give the array's number."""
        node = self.syntax.nodes[root]
        name, parts, term = self._reduction_parts(node)
        inner, names = self.bind(parts, scope)
        value = self.scalar(term, inner)
        self.unbind(names)
        reduced = inner.extents[len(scope.extents) :]
        value = inner.body.coerce(value, REAL)
        return self.builder.comprehend(inner.body, value, scope.extents, reduced, name, hint)

    # ---------------------------------------------------------------------------------------------------- the walking

    def _run(self, root: int, scope: Scope | None) -> Value:
        stack: list[Visit] = []
        result: Value = self._visit(root, scope)
        while True:
            if isinstance(result, GeneratorType):
                stack.append(result)
                result = None
            elif not stack:
                return result
            try:
                wanted = stack[-1].send(result)
            except StopIteration as stop:
                stack.pop()
                result = stop.value
            else:
                result = self._visit(*wanted)

    def _visit(self, number: int, scope: Scope | None) -> Value:
        node = self.syntax.nodes[number]
        if node.kind == "number":
            return node.value
        if node.kind == "name":
            return self._name(node, scope)
        if node.kind == "constant":
            if scope is not None and not isinstance(node.value, bool):
                self._fail("`None` and `...` stand in the subscripts of whole arrays only", node.start)
            return node.value
        visit: Visit = getattr(self, "_visit_" + node.kind)(node, scope)
        return visit

    def _visit_unary(self, node: Node, scope: Scope | None) -> Visit:
        value = yield node.children[0], scope
        return self._unary(str(node.value), value, scope, node)

    def _visit_binary(self, node: Node, scope: Scope | None) -> Visit:
        left = yield node.children[0], scope
        right = yield node.children[1], scope
        return self._binary(str(node.value), left, right, scope, node)

    def _visit_compare(self, node: Node, scope: Scope | None) -> Visit:
        left = yield node.children[0], scope
        result: Value = None
        signs: Any = node.value
        for sign, child in zip(signs, node.children[1:], strict=True):
            right = yield child, scope
            each = self._binary(sign, left, right, scope, node)
            result = each if result is None else self._binary("and", result, each, scope, node)
            left = right
        return result

    def _visit_choice(self, node: Node, scope: Scope | None) -> Visit:
        condition = yield node.children[0], scope
        self._guards += 1
        left = yield node.children[1], scope
        right = yield node.children[2], scope
        self._guards -= 1
        return self._choose(condition, left, right, scope, node)

    def _visit_walrus(self, node: Node, scope: Scope | None) -> NoReturn:  # noqa: ARG002
        self._fail("`:=` names a part inside let(name := part, ..., value) only", node.start)

    def _visit_slice(self, node: Node, scope: Scope | None) -> Visit:
        if scope is not None:
            self._fail("a slice of an array where indices are bound; write each element with its indices", node.start)
        present: Any = node.value
        children = iter(node.children)
        parts: list[Value] = [None] * len(present)
        for place, there in enumerate(present):
            if there:
                parts[place] = yield next(children), scope
        return slice(*(parts if len(parts) > 1 else [parts[0], None]))

    def _visit_tuple(self, node: Node, scope: Scope | None) -> Visit:
        if scope is not None:
            self._fail("a tuple where a number was expected", node.start)
        return tuple((yield from self._each(node.children)))

    def _visit_list(self, node: Node, scope: Scope | None) -> Visit:
        if scope is not None:
            self._fail("a list where a number was expected", node.start)
        return (yield from self._each(node.children))

    def _each(self, children: Sequence[int]) -> Visit:
        """The values of several nodes, as arrays."""
        items: list[Value] = [None] * len(children)
        for place, child in enumerate(children):
            items[place] = yield child, None
        return items

    def _visit_attribute(self, node: Node, scope: Scope | None) -> Visit:
        path = self._path(node)
        if path is not None:
            if path in CONSTANTS:
                return CONSTANTS[path]
            if path == "newaxis":
                return None
            self._unknown(path, node, scope)
        owner = yield node.children[0], None
        value = self._attribute(owner, node)
        return self._from_array(value, scope, node)

    def _visit_subscript(self, node: Node, scope: Scope | None) -> Visit:
        head = self.syntax.nodes[node.children[0]]
        if head.kind == "name" and head.value == "delta" and self._lookup("delta") is None:
            return (yield from self._delta(node, scope))
        if head.kind == "name" and head.value in BINDING and self._lookup(str(head.value)) is None:
            self._fail(f"{head.value}[...] is followed by what it reduces, in parentheses", node.start)
        base = yield node.children[0], None
        if isinstance(base, (tuple, list)):
            place = yield node.children[1], None
            if len(node.children) != 2 or isinstance(place, bool) or not isinstance(place, (int, slice)):
                self._fail("an axis number was expected", node.start)
            return self._guard(node, lambda: base[place])
        if not isinstance(base, ArrayValue):
            self._fail(f"{self.syntax.describe(node.children[0])} is a number, and has no elements", node.start)
        if scope is None:
            key = yield from self._each(node.children[1:])
            if len(key) == 1 and isinstance(key[0], tuple):
                key = list(key[0])
            return self._guard(node, lambda: getitem(base, tuple(key)))
        if len(node.children) - 1 != base.rank:
            self._fail(
                f"{self.syntax.describe(node.children[0])} has shape {describe_shape(base.shape)}, "
                f"but {len(node.children) - 1} subscripts",
                node.start,
            )
        places: list[Size] = []
        for axis, child in enumerate(node.children[1:]):
            value = yield child, scope
            places.append(self._place(value, base, axis, scope, child))
        return Term(scope, self.builder.access(scope.body, base.number, *places))

    def _delta(self, node: Node, scope: Scope | None) -> Visit:
        if len(node.children) != 3 or scope is None:
            self._fail("delta[i, j] has two indices", node.start)
        left = yield node.children[1], scope
        right = yield node.children[2], scope
        return self._call_scalar("delta", [left, right], scope, node)

    def _visit_call(self, node: Node, scope: Scope | None) -> Visit:
        head = self.syntax.nodes[node.children[0]]
        if self._binder(node.children[0]) is not None:
            return (yield from self._reduce(node, scope))
        keys: Any = node.value
        if head.kind == "attribute" and self._path(head) is None:
            return (yield from self._method(node, head, scope))
        if head.kind not in ("name", "attribute"):
            self._fail(f"{self.syntax.describe(node.children[0])} is not a function", head.start)
        name = str(head.value) if head.kind == "name" else str(self._path(head))
        if head.kind == "name" and self._lookup(name) is not None and not self.literal:
            self._fail(f"{name} is not a function; a product is written with *", head.start)
        if name == "let":
            return (yield from self._let_in(node, scope))
        if scope is not None and self._is_scalar_function(name, len(node.children) - 1):
            if any(keys):
                self._fail(f"{name} of numbers takes no named arguments", head.start)
            guards = name in ("where", "where_integer")
            arguments: list[Value] = []
            for child in node.children[1:]:
                self._guards += guards and len(arguments) > 0
                arguments.append((yield child, scope))
                self._guards -= guards and len(arguments) > 1
            return self._call_scalar(name, arguments, scope, node)
        self._check_function(name, head, scope)
        arguments, named = [], {}
        for key, child in zip(keys, node.children[1:], strict=True):
            value = yield child, None
            if key is None:
                arguments.append(value)
            else:
                named[key] = value
        plain = head.kind == "name"
        return self._from_array(self._call_array(name, arguments, named, node, plain=plain), scope, node)

    def _method(self, node: Node, head: Node, scope: Scope | None) -> Visit:
        owner = yield head.children[0], None
        name = str(head.value)
        if not isinstance(owner, (ArrayValue, Size, int, float)) or name not in METHODS:
            self._attribute(owner, head)
            self._fail(f"{name} is not a method of arrays", head.start)
        arguments, named = [owner], {}
        keys: Any = node.value
        for key, child in zip(keys, node.children[1:], strict=True):
            value = yield child, None
            if key is None:
                arguments.append(value)
            else:
                named[key] = value
        return self._from_array(self._apply_function(METHODS[name], name, arguments, named, node), scope, node)

    def _let_in(self, node: Node, scope: Scope | None) -> Visit:
        """``let(a := x + 1, b := a * a, a + b)``."""
        names = []
        *lets, last = node.children[1:] or [-1]
        if last < 0 or self.syntax.nodes[last].kind == "walrus" or _named(node):
            self._fail("let(name := part, ..., value) ends with a value", node.start)
        for child in lets:
            part = self.syntax.nodes[child]
            if part.kind != "walrus":
                self._fail("let(name := part, ..., value) was expected", part.start)
            value = yield part.children[0], scope
            names.append(self._let(part, value))
        result = yield last, scope
        self.unbind(names)
        return result

    def _reduce(self, node: Node, scope: Scope | None) -> Visit:
        """``sum[i:n](term)``."""
        name, parts, term = self._reduction_parts(node)
        outer = Scope(self.builder, ()) if scope is None else scope
        inner, names = self.bind(parts, outer)
        if len(inner.extents) == len(outer.extents):
            self._fail(f"{name}[...] needs an index, such as {name}[i:n]", node.start)
        value = yield term, inner
        self.unbind(names)
        result = outer.reduce(inner, self._number(value, inner, term), name)
        return Term(outer, result) if scope is not None else value_of(self.builder, outer.define(result))

    # -------------------------------------------------------------------------------------------------------- meanings

    def _fail(self, message: str, start: int) -> NoReturn:
        self.syntax.fail(message, start)

    def _start(self, number: int) -> int:
        return self.syntax.nodes[number].start

    def _below(self, root: int) -> list[int]:
        """The nodes of an expression, the root first."""
        found = [root]
        for number in found:
            found += self.syntax.nodes[number].children
        return found

    def _guard(self, node: Node, make: Callable[[], Value]) -> Value:
        """Run a function on arrays, and let its error point at the node."""
        try:
            return make()
        except FormulaError:
            raise
        except _FAULTS as error:
            self._fail(str(error) or type(error).__name__, node.start)

    def _lookup(self, name: str) -> Value:
        found = self.bindings.get(name)
        return found[-1] if found else None

    def _name(self, node: Node, scope: Scope | None) -> Value:
        name = str(node.value)
        value = self._lookup(name)
        if value is None:
            if name in CONSTANTS:
                return CONSTANTS[name]
            self._unknown(name, node, scope)
        if isinstance(value, (Bound, Term)):
            visible, within = False, scope
            while within is not None and not visible:
                visible, within = within is value.scope, within.outer
            if not visible or scope is None:
                what = "the index" if isinstance(value, Bound) else "the name"
                self._fail(f"{what} {name} is bound to numbers, but here a whole array is meant", node.start)
            if isinstance(value, Bound):
                return Term(scope, scope.body.integer(scope.indices[value.place]))
            return Term(scope, scope.carry(value.scope, value.number))
        if isinstance(value, ArrayValue) and scope is not None:
            if value.rank:
                axes = ", ".join("ijklm"[: value.rank]) if value.rank < 6 else "..."
                shape = describe_shape(value.shape)
                self._fail(f"{name} has shape {shape}; here one element is meant, such as {name}[{axes}]", node.start)
            return Term(scope, self.builder.access(scope.body, value.number))
        return value

    def _unknown(self, name: str, node: Node, scope: Scope | None) -> NoReturn:  # noqa: ARG002
        if self._known_function(name) or name in BINDING:
            self._fail(f"{name} is a function; call it, as in {name}(x)", node.start)
        if name.startswith("_"):
            self._fail(f"unknown name {name}", node.start)
        if len(name) == 1 and name in "ijklmpqrst":
            self._fail(f"unknown name {name}; an index is bound by sum[{name}:n](...) or z[{name}:n] = ...", node.start)
        known = [*CONSTANTS, *SPELLINGS, *COMPOSITES, *FUNCTIONS]
        self._fail(f"unknown name {name}{nearest(name, list(self.bindings)) or nearest(name, known)}", node.start)

    def _let(self, node: Node, value: Value) -> str:
        name = check_name(str(node.value), "a part", node.start, self.syntax)
        if self._lookup(name) is not None:
            self._fail(f"{name} is defined twice", node.start)
        self.bindings.setdefault(name, []).append(value)
        return name

    def _path(self, node: Node) -> str | None:
        """What ``np.linalg.norm`` names in its module: ``norm``; None where it is an attribute of a value."""
        owner = self.syntax.nodes[node.children[0]]
        while owner.kind == "attribute" and owner.value in MODULES:
            owner = self.syntax.nodes[owner.children[0]]
        module = owner.kind == "name" and owner.value in MODULES and self._lookup(str(owner.value)) is None
        return str(node.value) if module else None

    def _attribute(self, owner: Value, node: Node) -> Value:
        name = str(node.value)
        if isinstance(owner, ArrayValue):
            if name in ("shape", "ndim", "size"):
                whole = owner.rank if name == "ndim" else owner.shape
                return math.prod(owner.shape, start=size(1)) if name == "size" else whole
            if name in ("T", "mT"):
                function = FUNCTIONS["transpose" if name == "T" else "matrix_transpose"]
                return self._guard(node, lambda: function(owner))
            if name in METHODS:
                self._fail(f"{name} is a method; call it, as in x.{name}()", node.start)
        known = ["T", "shape", "size", "ndim", *METHODS]
        return self._fail(f"{name} is not part of a formula{nearest(name, known)}", node.start)

    def _binder(self, head: int) -> str | None:
        """The reduction of ``sum[i:n]``, which may stand as ``np.sum[i:n]``."""
        node = self.syntax.nodes[head]
        if node.kind != "subscript":
            return None
        base = self.syntax.nodes[node.children[0]]
        name = base.value if base.kind == "name" else self._path(base) if base.kind == "attribute" else None
        return str(name) if name in BINDING else None

    def _reduction_parts(self, node: Node) -> tuple[str, list[int], int]:
        head = self.syntax.nodes[node.children[0]]
        name = str(self._binder(node.children[0]))
        if len(node.children) != 2 or _named(node):
            self._fail(f"{name}[...](...) reduces one expression, not {len(node.children) - 1}", node.start)
        return name, head.children[1:], node.children[1]

    # ---------------------------------------------------------------------------------------------- numbers and scalars

    def _number(self, value: Value, scope: Scope, at: int) -> int:
        """A value as an equation of a scope's body."""
        if isinstance(value, Term):
            return scope.carry(value.scope, value.number)
        if isinstance(value, ArrayValue):
            if not value.rank:
                return self.builder.access(scope.body, value.number)
            self._fail(f"an array of shape {describe_shape(value.shape)} where one element is meant", self._start(at))
        if isinstance(value, (bool, int, float, Size)):
            return values.scalar(scope.body, value)
        return self._fail(f"{self.syntax.describe(at)} is not a number", self._start(at))

    def _size(self, value: Value, scope: Scope, at: int) -> Size:
        """A value as an integer expression in a scope."""
        if isinstance(value, Size):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return size(value)
        number = self._number(value, scope, at)
        if scope.body.kind(number) != INTEGER:
            self._fail(
                f"a subscript is an integer, but {self.syntax.describe(at)} is {scope.body.kind(number)}; an argument "
                "of integers is declared with its dtype, as in idx[n]:int64",
                self._start(at),
            )
        return scope.body.as_size(number)

    def _place(self, value: Value, array: ArrayValue, axis: int, scope: Scope, at: int) -> Size:
        """A subscript, counted from the end where it is a negative number, and refused where it leaves its axis."""
        place, extent = self._size(value, scope, at), array.shape[axis]
        if self.literal:
            return place
        if isinstance(value, int) and value < 0:
            place = extent + place
        if self._guards:
            return place
        least, most = _range(place, scope.extents)
        if most is not None and not _never_negative(extent - 1 - most):
            over = (most - extent).constant
            if over is not None or place.atom is not None:
                self._fail(
                    f"{self.syntax.describe(at)} reaches {most}, but axis {axis} has {extent} elements "
                    f"(the array has shape {describe_shape(array.shape)})",
                    self._start(at),
                )
        if least is not None and least.constant is not None and least.constant < 0:
            self._fail(f"{self.syntax.describe(at)} reaches {least.constant}, before the first", self._start(at))
        return place

    def _unary(self, sign: str, value: Value, scope: Scope | None, node: Node) -> Value:
        if sign == "+":
            return value
        if sign == "-" and isinstance(value, (int, float, Size)):
            return -value
        if sign in ("~", "not") and isinstance(value, bool):
            return not value
        op = {"-": "neg", "~": "bit_not"}.get(sign, "not")
        if scope is None:
            return self._guard(node, lambda: values.apply(op, self._as_array(value, node.children[0])))
        number = self._number(value, scope, node.children[0])
        if op == "neg" and not self.literal:
            constant = scope.body.equations[number]
            if constant.op == "constant" and constant.kind == REAL:
                return -constant.data
        return Term(scope, self._guard(node, lambda: values.combine(scope.body, op, number)))

    def _binary(self, sign: str, left: Value, right: Value, scope: Scope | None, node: Node) -> Value:
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        whole = isinstance(left, (int, Size)) and isinstance(right, (int, Size))
        if sign in _SIZES and whole and not isinstance(left, bool) and not isinstance(right, bool):
            found = combine_sizes(sign, size(left), size(right), node.start, self.syntax)
            return found if found.constant is None else found.constant
        if numbers and not self.literal:
            return self._calculate(sign, left, right, node)
        if scope is None:
            return self._guard(node, lambda: self._binary_array(sign, left, right, node))
        if sign == "@":
            self._fail("`@` multiplies whole arrays; with indices bound, write sum[j:d](a[i, j] * b[j])", node.start)
        a, b = self._number(left, scope, node.children[0]), self._number(right, scope, node.children[-1])
        if self.literal and sign in ("//", "%") and {scope.body.kind(a), scope.body.kind(b)} == {INTEGER}:
            top, bottom = scope.body.as_size(a), scope.body.as_size(b)
            return Term(scope, scope.body.integer(top // bottom if sign == "//" else top % bottom))
        if self.literal and sign == "**":
            return Term(scope, scope.body.apply("pow", a, b))
        if sign in _COMPARISONS:
            a, b = (b, a) if sign in (">", ">=") else (a, b)
            return Term(scope, scope.body.apply(_COMPARISONS[sign], a, b))
        return Term(scope, self._guard(node, lambda: values.combine(scope.body, _OPERATORS[sign], a, b)))

    def _calculate(self, sign: str, left: float, right: float, node: Node) -> Value:
        """What Python makes of two numbers."""
        if sign == "**":
            try:
                # Not in whole numbers, whose powers have no end of digits.
                result = math.pow(left, right)
            except (OverflowError, ValueError, ZeroDivisionError) as error:
                self._fail(f"{left} ** {right}: {error}", node.start)
            exact = isinstance(left, int) and isinstance(right, int) and right >= 0 and abs(result) < 2**53
            return int(result) if exact else result
        if sign in ("and", "or", "&", "|"):
            if not isinstance(left, bool) or not isinstance(right, bool):
                self._fail(f"`{sign}` joins conditions, not numbers", node.start)
            return (left and right) if sign in ("and", "&") else (left or right)
        if sign == "@":
            self._fail("`@` multiplies arrays, not numbers", node.start)
        try:
            return _PYTHON[sign](left, right)
        except (OverflowError, ZeroDivisionError) as error:
            self._fail(str(error), node.start)

    def _choose(self, condition: Value, left: Value, right: Value, scope: Scope | None, node: Node) -> Value:
        if isinstance(condition, bool) and not self.literal:
            return left if condition else right
        if scope is None:
            return self._guard(node, lambda: values.where(self._as_array(condition, node.children[0]), left, right))
        numbers = [self._number(v, scope, at) for v, at in zip((condition, left, right), node.children, strict=True)]
        return Term(scope, values.combine(scope.body, "where", *numbers))

    def _is_scalar_function(self, name: str, count: int) -> bool:
        """Whether a function takes numbers to a number, so that it may stand where indices are bound."""
        if self.literal:
            return name in PRIMITIVES or name in STRUCTURAL
        if name in ("max", "min"):
            return count > 1
        return name in SPELLINGS or name in COMPOSITES or name in ALIASES or name in _NAMED

    def _call_scalar(self, name: str, arguments: list[Value], scope: Scope, node: Node) -> Value:
        body = scope.body
        if self.literal:
            return Term(scope, self._call_literal(name, arguments, scope, node))
        if name in ("max", "min"):
            total = self._number(arguments[0], scope, node.children[1])
            for child, argument in zip(node.children[2:], arguments[1:], strict=True):
                total = values.combine(body, name + "imum", total, self._number(argument, scope, child))
            return Term(scope, total)
        op = SPELLINGS.get(name, name)
        if op == "log" and len(arguments) == 2:
            return self._log(arguments, scope, node)
        self._check_count(name, op, len(arguments), node)
        if op in PRIMITIVES and op not in _NAMED and all(isinstance(v, (int, float)) for v in arguments):
            return self._calculate_function(op, arguments)
        numbers = [self._number(v, scope, child) for v, child in zip(arguments, node.children[1:], strict=True)]
        if op in COMPOSITES or op in ALIASES:
            return Term(scope, expand(op, body, numbers))
        if op in _NAMED:
            op = _NAMED[op][0]
            if op in _SWAPPED:
                op, numbers = _SWAPPED[op], numbers[::-1]
            if op == "+":
                return Term(scope, numbers[0])
            if op == "delta":
                equal = body.apply("eq", *numbers)
                return Term(scope, body.apply("where", equal, body.constant(1.0), body.constant(0.0)))
        return Term(scope, self._guard(node, lambda: values.combine(body, op, *numbers)))

    def _call_literal(self, name: str, arguments: list[Value], scope: Scope, node: Node) -> int:
        numbers = [self._number(v, scope, child) for v, child in zip(arguments, node.children[1:], strict=True)]
        arity = PRIMITIVES[name].arity if name in PRIMITIVES else len(STRUCTURAL[name].operands)
        if len(numbers) != arity:
            self._fail(f"{name} takes {arity} arguments, not {len(numbers)}", node.start)
        if name == "real":
            return scope.body.coerce(numbers[0], REAL)
        return scope.body.apply(name, *numbers)

    def _check_count(self, name: str, op: str, count: int, node: Node) -> None:
        if op in COMPOSITES or op in ALIASES:
            composite = COMPOSITES[ALIASES.get(op, op)]
            least, wanted = len(composite.operands) - len(composite.defaults), composite.arity
            if least <= count <= len(composite.operands):
                return
        else:
            arity = _NAMED[op][1] if op in _NAMED else PRIMITIVES[op].arity
            wanted = str(arity)
            if count == arity:
                return
        self._fail(f"{name} takes {wanted} argument{'' if wanted == '1' else 's'}, not {count}", node.start)

    def _calculate_function(self, op: str, arguments: Sequence[float]) -> float:
        with np.errstate(all="ignore"):
            return float(PRIMITIVES[op].reference(*map(float, arguments)))

    def _log(self, arguments: list[Value], scope: Scope | None, node: Node) -> Value:
        """``log(x, base)``."""
        parts = [
            self._calculate_function("log", [v]) if isinstance(v, (int, float)) else self._log_of(v, scope, child)
            for v, child in zip(arguments, node.children[1:], strict=True)
        ]
        return self._binary("/", parts[0], parts[1], scope, node)

    def _log_of(self, value: Value, scope: Scope | None, at: int) -> Value:
        if scope is None:
            return values.apply("log", self._as_array(value, at))
        return Term(scope, scope.body.apply("log", self._number(value, scope, at)))

    # ----------------------------------------------------------------------------------------------------------- arrays

    def _as_array(self, value: Value, at: int) -> ArrayValue:
        if isinstance(value, (ArrayValue, bool, int, float, Size, list, tuple)):
            found: ArrayValue = self._guard(self.syntax.nodes[at], lambda: values.lift(self.builder, value))
            return found
        return self._fail(f"{self.syntax.describe(at)} is not an array", self._start(at))

    def _from_array(self, value: Value, scope: Scope | None, node: Node) -> Value:
        """The value of an array function where it stands: a number where indices are bound."""
        if scope is None or not isinstance(value, ArrayValue) or not value.rank:
            return value if scope is None or not isinstance(value, ArrayValue) else self._element(value, scope)
        return self._fail(
            f"an array of shape {describe_shape(value.shape)} where one element is meant; subscript it", node.start
        )

    def _element(self, value: ArrayValue, scope: Scope) -> Term:
        return Term(scope, self.builder.access(scope.body, value.number))

    def _binary_array(self, sign: str, left: Value, right: Value, node: Node) -> ArrayValue:
        for value, child in ((left, node.children[0]), (right, node.children[-1])):
            if not isinstance(value, (ArrayValue, bool, int, float, Size, list)):
                self._fail(f"{self.syntax.describe(child)} is not a number or an array", node.start)
        if not isinstance(left, ArrayValue) and not isinstance(right, ArrayValue):
            left = self._as_array(left, node.children[0])
        if sign == "@":
            product: ArrayValue = FUNCTIONS["matmul"](left, right)
            return product
        if sign in _COMPARISONS:
            left, right = (right, left) if sign in (">", ">=") else (left, right)
            return values.apply(_COMPARISONS[sign], left, right)
        return values.apply(_OPERATORS[sign], left, right)

    def _known_function(self, name: str) -> bool:
        return name in FUNCTIONS or self._is_scalar_function(name, 1) or name in ("max", "min")

    def _check_function(self, name: str, head: Node, scope: Scope | None) -> None:
        """Refuse the call of what is no function."""
        if self.literal and scope is not None:
            known = [*PRIMITIVES, *STRUCTURAL, *BINDING]
            self._fail(f"unknown function {name}{nearest(name, known)}", head.start)
        if self._known_function(name):
            return
        if name in CONSTANTS:
            self._fail(f"{name} is not a function; a product is written with *", head.start)
        for known_as in (name, "linalg." + name):
            if known_as in REFUSED:
                self._fail(f"{name} is not supported: {REFUSED[known_as][1]}", head.start)
        known = [*FUNCTIONS, *SPELLINGS, *COMPOSITES, *ALIASES, *_NAMED]
        self._fail(f"unknown function {name}{nearest(name, known)}", head.start)

    def _call_array(
        self, name: str, arguments: list[Value], named: dict[str, Value], node: Node, *, plain: bool
    ) -> Value:
        op = SPELLINGS.get(name, name)
        numbers = [value for value in arguments if isinstance(value, (int, float))]
        if op == "log" and len(arguments) == 2 and not named:
            return self._guard(node, lambda: self._log(arguments, None, node))
        if name in ("max", "min") and plain and len(arguments) > 1:
            return self._extreme(name, arguments, node)
        if op in PRIMITIVES and len(numbers) == len(arguments) and not named:
            self._check_count(name, op, len(arguments), node)
            return self._calculate_function(op, numbers)
        scalar = op in PRIMITIVES or op in COMPOSITES or op in ALIASES or op in _NAMED
        if scalar and not any(isinstance(value, ArrayValue) for value in arguments) and arguments:
            arguments = [self._as_array(arguments[0], node.children[1]), *arguments[1:]]
        if name in FUNCTIONS:
            return self._apply_function(FUNCTIONS[name], name, arguments, named, node)
        if named:
            self._fail(f"{name} takes no argument called {next(iter(named))}", node.start)
        self._check_count(name, op, len(arguments), node)
        if op in COMPOSITES or op in ALIASES:
            return self._guard(
                node, lambda: values.elementwise(lambda body, *numbers: expand(op, body, numbers), *arguments)
            )
        if op == "delta":
            return self._guard(node, lambda: values.where(values.apply("eq", *arguments), 1.0, 0.0))
        return self._guard(node, lambda: values.apply(op, *arguments))

    def _extreme(self, name: str, arguments: list[Value], node: Node) -> Value:
        """Python's ``max(a, b, ...)`` of numbers."""
        if any(isinstance(value, ArrayValue) and value.rank for value in arguments):
            self._fail(
                f"{name} of several arrays could mean two things; write {name}imum(a, b), or {name}(a, axis=...)",
                node.start,
            )
        total = arguments[0]
        for argument in arguments[1:]:
            if isinstance(total, (int, float)) and isinstance(argument, (int, float)):
                total = max(total, argument) if name == "max" else min(total, argument)
            else:
                left = self._as_array(total, node.children[1])
                total = self._guard(node, partial(values.apply, name + "imum", left, argument))
        return total

    def _apply_function(
        self, function: Callable[..., Any], name: str, arguments: list[Value], named: dict[str, Value], node: Node
    ) -> Value:
        if name in CREATORS:
            arguments = [self.builder, *arguments]
        elif not any(isinstance(value, (ArrayValue, list, tuple)) for value in arguments) and arguments:
            arguments = [self._as_array(arguments[0], node.children[1]), *arguments[1:]]
        try:
            inspect.signature(function).bind(*arguments, **named)
        except TypeError as error:
            self._fail(f"{name}: {error}", node.start)
        return self._guard(node, lambda: function(*arguments, **named))

    def _all_scalar(self, root: int) -> bool:
        """Whether an expression is made of numbers alone, so that it is one body however long it is."""
        nodes = self.syntax.nodes
        bases: set[int] = set()
        pending = [root]
        while pending:
            number = pending.pop()
            node = nodes[number]
            if node.kind == "name" and number not in bases:
                value = self._lookup(str(node.value))
                if isinstance(value, ArrayValue) and value.rank:
                    return False
            elif node.kind in ("slice", "tuple", "list", "attribute") or (node.kind, node.value) == ("binary", "@"):
                return False
            elif node.kind == "constant":
                if not isinstance(node.value, bool):
                    return False
            elif node.kind == "subscript":
                base = nodes[node.children[0]]
                value = self._lookup(str(base.value)) if base.kind == "name" else None
                if not isinstance(value, ArrayValue) or value.rank != len(node.children) - 1:
                    return False
                bases.add(node.children[0])
            elif node.kind == "call":
                if self._binder(node.children[0]) is not None:
                    continue
                head = nodes[node.children[0]]
                name = (
                    str(head.value) if head.kind == "name" else self._path(head) if head.kind == "attribute" else None
                )
                if name is None or _named(node):
                    return False
                if name != "let" and not self._is_scalar_function(name, len(node.children) - 1):
                    return False
                pending += node.children[1:]
                continue
            pending += node.children
        return True


def _named(node: Node) -> bool:
    """Whether a call has arguments with names."""
    keys: Any = node.value
    return any(keys)


def _range(place: Size, extents: Sequence[Size]) -> tuple[Size | None, Size | None]:
    """The least and the largest value of a subscript that is linear in its indices; None where that is not known."""
    least = most = ZERO
    for monomial, coefficient in place.terms:
        kinds = [atom[0] for atom in monomial]
        if all(kind == "dim" for kind in kinds):
            part = Size(((monomial, coefficient),))
            least, most = least + part, most + part
        elif kinds == ["index"]:
            end = coefficient * (extents[monomial[0][1]] - 1)
            least, most = (least, most + end) if coefficient > 0 else (least + end, most)
        else:
            return None, None
    return least, most


def _never_negative(value: Size) -> bool:
    return all(coefficient >= 0 for _, coefficient in value.terms)


__all__ = ["Bound", "Evaluator", "Term"]
