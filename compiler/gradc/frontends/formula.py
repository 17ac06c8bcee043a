"""Formulas, in NumPy style or in index notation, and the text of printed programs, to `Program`.

>>> from gradc.frontends.signature import parse_signature
>>> parameters = parse_signature("w[d], X[n,d], y[n]")
>>> program = parse_formula("sum[i:n](softplus(-y[i] * sum[j:d](X[i,j] * w[j]))) / n", parameters)
>>> print(program)
def program(w: real[d], X: real[n, d], y: real[n]):
    t0[i:n] = sum[j:d](X[i, j] * w[j])
    t1 = sum[i:n](softplus(t0[i] * -y[i]))
    value = t1 / n
    return value
<BLANKLINE>
>>> parse_program(str(program)) == program
True

Nothing that a text says is ever run: names are looked up in gradc's own tables and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gradc.calculus.routines import ROUTINES
from gradc.errors import FormulaError
from gradc.frontends.evaluation import Evaluator
from gradc.frontends.notation import Statement, Syntax, Token, nearest, read, read_expression, split_commas
from gradc.frontends.scopes import Scope
from gradc.frontends.signature import check_name, parse_shape
from gradc.frontends.values import ArrayValue, as_real, value_of
from gradc.ir.definitions import KIND_OF_DTYPE, Call, Definition, Parameter, Scan
from gradc.ir.equations import REAL
from gradc.ir.program import Program, ProgramBuilder
from gradc.ir.size import Size

_MAX_SCANS = 50  # how deep scans may stand in one another


def parse_formula(text: str, parameters: Sequence[Parameter]) -> Program:
    """Read a user's formula.

    Parameters
    ----------
    text
        An expression, or lines of ``name = expression`` and ``name[i:n, j:d] = expression``, the last of which is the
        result. NumPy style and index notation mix: where indices are bound everything is a scalar, and elsewhere
        everything is an array.
    parameters
        What the formula may name, as `parse_signature` gives it.

    Raises
    ------
    FormulaError
        With line, column, a caret, and what to write instead.
    """
    syntax = read(text)
    builder = ProgramBuilder(parameters)
    evaluator = Evaluator(syntax, builder)
    if not syntax.statements:
        syntax.fail("the formula is empty", 0)
    outcome: list[tuple[str, ArrayValue]] = []
    for position, statement in enumerate(syntax.statements):
        last = position + 1 == len(syntax.statements)
        if statement.kind == "assign":
            outcome.append(_assign(evaluator, statement))
        elif statement.kind == "add":
            syntax.fail("`+=` is not part of a formula; write name = name + ...", statement.start)
        elif statement.kind in ("def", "with"):
            syntax.fail(f"`{statement.kind}` is not part of a formula", statement.start)
        elif not last:
            syntax.fail("this line has a value but no name; write name = ...", statement.start)
        else:
            if statement.kind == "return" and len(statement.targets) != 1:
                syntax.fail("a formula returns one value", statement.start)
            root = statement.targets[0] if statement.kind == "return" else statement.value
            node = syntax.nodes[root]
            name = str(node.value) if node.kind == "name" else "value"
            outcome.append((name, evaluator.array(root)))
    name, result = outcome[-1]
    return builder.finish([as_real(result).number], [name])


def _assign(evaluator: Evaluator, statement: Statement) -> tuple[str, ArrayValue]:
    """``name = expression``, or ``name[i:n] = expression``."""
    syntax = evaluator.syntax
    if len(statement.targets) != 1:
        syntax.fail("one name on the left of `=`", statement.start)
    node = syntax.nodes[statement.targets[0]]
    target = syntax.nodes[node.children[0]] if node.kind == "subscript" else node
    if target.kind != "name":
        syntax.fail("a name, or name[i:n], was expected on the left of `=`", node.start)
    name = check_name(str(target.value), "a result", target.start, syntax)
    evaluator.check_new(name, target.start, rebinding=True)
    if node.kind == "subscript":
        number = _comprehension(evaluator, node.children[1:], statement.value, name)
        value = value_of(evaluator.builder, number)
    else:
        value = evaluator.array(statement.value)
        evaluator.builder.name(value.number, name)
    evaluator.assign(name, value)
    return name, value


def _comprehension(evaluator: Evaluator, binders: Sequence[int], root: int, name: str | None) -> int:
    """``name[i:n] = root``: the number of the array."""
    outer = Scope(evaluator.builder, ())
    scope, names = evaluator.bind(binders, outer)
    if evaluator.is_reduction(root):
        # The reduction is the definition: its free indices are all of these, whether it uses them or not.
        number = evaluator.reduction(root, scope, name)
    else:
        number = scope.define(evaluator.scalar(root, scope), name, exact=evaluator.literal)
    evaluator.unbind(names)
    return number


# --------------------------------------------------------------------------------------------------- printed programs


def parse_program(text: str) -> Program:
    """Read back the text of a program, as `gradc.ir.printer.print_program` prints it: ``parse_program(str(p)) == p``.

    Raises
    ------
    FormulaError
        With line, column and a caret.
    """
    syntax = read(text)
    if not syntax.statements or syntax.statements[0].kind != "def":
        syntax.fail("a program begins with `def program(...):`", 0)
    first, *rest = syntax.statements
    parameters = _header(first, syntax)
    builder = _Verbatim(parameters)
    reader = _ProgramReader(syntax, rest)
    evaluator = Evaluator(syntax, builder, literal=True)
    outputs, names = reader.block(evaluator, first.indent)
    if reader.position < len(rest):
        syntax.fail("nothing may follow the program's `return`", rest[reader.position].start)
    return builder.finish(outputs, names)


def _header(statement: Statement, syntax: Syntax) -> list[Parameter]:
    """The parameters of ``def program(w: real[d], lam: real):``."""
    tokens = statement.header
    if len(tokens) < 3 or tokens[0].kind != "name" or tokens[1].text != "(" or tokens[-1].text != ")":
        syntax.fail("`def program(...):` was expected", statement.start)
    parameters: list[Parameter] = []
    parts = split_commas(tokens[2:-1])
    for part in parts if parts != [()] else []:
        if len(part) < 3 or part[0].kind != "name" or part[1].text != ":":
            syntax.fail("a parameter is such as `X: real[n, d]`", part[0].start if part else tokens[1].start)
        name, dtype = check_name(part[0].text, "a parameter", part[0].start, syntax), part[2].text
        if dtype not in KIND_OF_DTYPE:
            syntax.fail(f"unknown dtype {dtype}{nearest(dtype, list(KIND_OF_DTYPE))}", part[2].start)
        if any(parameter.name == name for parameter in parameters):
            syntax.fail(f"two parameters are called {name}", part[0].start)
        shape: tuple[Size, ...] = ()
        if len(part) > 3:
            if part[3].text != "[" or part[-1].text != "]":
                syntax.fail("a parameter is such as `X: real[n, d]`", part[3].start)
            shape = parse_shape(part[4:-1], part[3].start, syntax)
        parameters.append(Parameter(name, shape, dtype))
    return parameters


class _Verbatim(ProgramBuilder):
    """Keeps equal definitions apart, as the text does."""

    def define(self, definition: Definition, *hints: str | None) -> tuple[int, ...]:
        self._known.clear()
        return super().define(definition, *hints)


class _Sum(NamedTuple):
    """An accumulation that is being read: its shape, and each piece with its stores."""

    shape: tuple[Size, ...]
    pieces: list[tuple[Scope, list[tuple[tuple[Size, ...], int]]]]


class _ProgramReader:
    """Reads the statements of a program, and of the scans inside it, one after the other."""

    def __init__(self, syntax: Syntax, statements: Sequence[Statement]) -> None:
        self.syntax, self.statements, self.position = syntax, statements, 0

    def block(self, evaluator: Evaluator, indent: int, depth: int = 0) -> tuple[list[int], list[str]]:
        """Read up to and with the ``return`` of a block, and give the outputs' numbers and names."""
        syntax = self.syntax
        inside: int | None = None
        sums: dict[str, _Sum] = {}
        while self.position < len(self.statements):
            statement = self.statements[self.position]
            inside = statement.indent if inside is None else inside
            if statement.indent != inside or inside <= indent:
                syntax.fail("a line with another indentation", statement.start)
            self.position += 1
            if statement.kind != "add":
                self._finish_sums(evaluator, sums)
            if statement.kind == "return":
                numbers = [evaluator.named_array(target) for target in statement.targets]
                return numbers, [str(syntax.nodes[target].value) for target in statement.targets]
            if statement.kind == "assign":
                self._assign(evaluator, statement, sums)
            elif statement.kind == "add":
                self._add(evaluator, statement, sums)
            elif statement.kind == "with":
                if depth >= _MAX_SCANS:
                    syntax.fail(f"scans more than {_MAX_SCANS} deep", statement.start)
                self._scan(evaluator, statement, depth)
            else:
                syntax.fail("a definition was expected", statement.start)
        return syntax.fail("a `return` is missing", len(syntax.text))

    def _assign(self, evaluator: Evaluator, statement: Statement, sums: dict[str, _Sum]) -> None:
        syntax = self.syntax
        names, heads = [], []
        for target in statement.targets:
            node = syntax.nodes[target]
            head = syntax.nodes[node.children[0]] if node.kind == "subscript" else node
            if head.kind != "name":
                syntax.fail("a name, or name[i:n], was expected on the left of `=`", node.start)
            name = check_name(str(head.value), "a result", head.start, syntax)
            evaluator.check_new(name, head.start, rebinding=False)
            if name in names or name in sums:
                syntax.fail(f"{name} is defined twice", head.start)
            names.append(name)
            heads.append(node)
        routine = self._routine(statement.value)
        if routine is not None:
            self._call(evaluator, statement, names, routine)
            return
        if len(names) > 1:
            syntax.fail("one name on the left of `=`", statement.start)
        (name,), (node,) = names, heads
        binders = node.children[1:] if node.kind == "subscript" else []
        if node.kind == "subscript" and all(self._is_extent(part) for part in binders):
            zero = syntax.nodes[statement.value]
            if zero.kind != "number" or zero.value != 0:
                syntax.fail("an accumulation begins with 0", zero.start)
            shape = tuple(evaluator.extent(syntax.nodes[part].children[0]) for part in binders if not self._unit(part))
            sums[name] = _Sum(shape, [])
            return
        number = _comprehension(evaluator, binders, statement.value, name)
        evaluator.assign(name, value_of(evaluator.builder, number))

    def _is_extent(self, part: int) -> bool:
        """Whether a subscript is ``:n``, or the ``()`` of what has no axes."""
        node = self.syntax.nodes[part]
        return (node.kind == "slice" and node.value == (False, True)) or self._unit(part)

    def _unit(self, part: int) -> bool:
        node = self.syntax.nodes[part]
        return node.kind == "tuple" and not node.children

    def _routine(self, root: int) -> str | None:
        """The routine of ``call.routine(...)``."""
        node = self.syntax.nodes[root]
        if node.kind != "call":
            return None
        called = self.syntax.nodes[node.children[0]]
        if called.kind != "attribute":
            return None
        owner = self.syntax.nodes[called.children[0]]
        if owner.kind != "name" or owner.value != "call":
            return None
        if called.value not in ROUTINES:
            self.syntax.fail(
                f"unknown routine {called.value}{nearest(str(called.value), list(ROUTINES))}", called.start
            )
        return str(called.value)

    def _call(self, evaluator: Evaluator, statement: Statement, names: list[str], routine: str) -> None:
        children = self.syntax.nodes[statement.value].children[1:]
        arguments = tuple(evaluator.named_array(child) for child in children)
        try:
            shapes = ROUTINES[routine].shapes([evaluator.builder.arrays[number].shape for number in arguments])
        except IndexError:
            self.syntax.fail(f"{routine} with {len(arguments)} arguments", statement.start)
        if len(shapes) != len(names):
            self.syntax.fail(f"{routine} gives {len(shapes)} results, not {len(names)}", statement.start)
        numbers = evaluator.builder.define(Call(routine, arguments, shapes), *names)
        for name, number in zip(names, numbers, strict=True):
            evaluator.assign(name, value_of(evaluator.builder, number))

    def _add(self, evaluator: Evaluator, statement: Statement, sums: dict[str, _Sum]) -> None:
        """``T += each[i:m](let(..., at[idx[i], j](value), ...))``."""
        syntax = self.syntax
        (target,) = statement.targets
        node, call = syntax.nodes[target], syntax.nodes[statement.value]
        if node.kind != "name" or node.value not in sums:
            syntax.fail("`+=` to what is not an accumulation that the line before begins", node.start)
        shape, pieces = sums[str(node.value)]
        each = syntax.nodes[call.children[0]] if call.kind == "call" else call
        if call.kind != "call" or each.kind != "subscript" or syntax.nodes[each.children[0]].value != "each":
            syntax.fail("each[i:n](at[...](value)) was expected", call.start)
        scope, bound = evaluator.bind(each.children[1:], Scope(evaluator.builder, ()))
        (root,) = call.children[1:] if len(call.children) == 2 else (-1,)
        items, lets = call.children[1:], []
        if root >= 0 and self._called(root) == "let":
            items = syntax.nodes[root].children[1:]
            while items and syntax.nodes[items[0]].kind == "walrus":
                lets.append(evaluator.let(items[0], scope))
                items = items[1:]
        stores: list[tuple[tuple[Size, ...], int]] = []
        for item in items:
            at = syntax.nodes[item]
            head = syntax.nodes[at.children[0]] if at.kind == "call" and len(at.children) == 2 else at
            if at.kind != "call" or head.kind != "subscript" or syntax.nodes[head.children[0]].value != "at":
                syntax.fail("at[...](value) was expected", at.start)
            places = [child for child in head.children[1:] if not self._unit(child)]
            if len(places) != len(shape):
                syntax.fail(f"{len(places)} subscripts for {len(shape)} axes", at.start)
            subscripts = tuple(evaluator.subscript(child, scope) for child in places)
            value = evaluator.scalar(at.children[1], scope)
            stores.append((subscripts, scope.body.coerce(value, REAL)))
        evaluator.unbind([*bound, *lets])
        pieces.append((scope, stores))

    def _called(self, root: int) -> object:
        node = self.syntax.nodes[root]
        return self.syntax.nodes[node.children[0]].value if node.kind == "call" else None

    def _finish_sums(self, evaluator: Evaluator, sums: dict[str, _Sum]) -> None:
        for name, (shape, pieces) in sums.items():
            made = [(scope.extents, scope.body, stores) for scope, stores in pieces]
            number = evaluator.builder.accumulate(shape, made, name)
            evaluator.assign(name, value_of(evaluator.builder, number))
        sums.clear()

    def _scan(self, evaluator: Evaluator, statement: Statement, depth: int) -> None:
        """``with scan[t:T](X, h_t=h0) as h:`` and the block below it."""
        syntax, tokens = self.syntax, statement.header
        words = [token.text for token in tokens]
        if "as" not in words:
            syntax.fail("`with scan[t:T](carry=start) as result:` was expected", statement.start)
        middle = words.index("as")
        call = syntax.nodes[read_expression(tokens[:middle], syntax.text, syntax.nodes)]
        head = syntax.nodes[call.children[0]] if call.kind == "call" else call
        if head.kind != "subscript" or syntax.nodes[head.children[0]].value != "scan" or len(head.children) != 2:
            syntax.fail("`with scan[t:T](carry=start) as result:` was expected", statement.start)
        results = [token for token in tokens[middle + 1 :] if token.kind == "name"]
        ((step, length),) = evaluator.binders(head.children[1:])
        keys: Any = call.value
        numbers = [evaluator.named_array(child) for child in call.children[1:]]
        captured = [number for number, key in zip(numbers, keys, strict=True) if key is None]
        initial = [number for number, key in zip(numbers, keys, strict=True) if key is not None]
        names = [str(key) for key in keys if key is not None]
        inside = [str(syntax.nodes[c].value) for c, key in zip(call.children[1:], keys, strict=True) if key is None]
        if len(results) != len(initial) or not initial:
            syntax.fail(f"{len(initial)} carries but {len(results)} results", statement.start)
        arrays = evaluator.builder.arrays
        given = [
            *(Parameter(name, arrays[n].shape) for name, n in zip(names, initial, strict=True)),
            *(Parameter(name, *arrays[n]) for name, n in zip(inside, captured, strict=True)),
        ]
        if len({parameter.name for parameter in given}) != len(given):
            syntax.fail("a scan that names an array twice", statement.start)
        builder = _Verbatim(given)
        body = Evaluator(syntax, builder, literal=True, dims=(*evaluator.dims, step))
        outputs, _ = self.block(body, statement.indent, depth + 1)
        program = builder.finish(outputs)
        made = Scan(step, length, tuple(initial), tuple(captured), program)
        hints = [_name_of(token, evaluator) for token in results]
        for name, number in zip(hints, evaluator.builder.define(made, *hints), strict=True):
            evaluator.assign(name, value_of(evaluator.builder, number))


def _name_of(token: Token, evaluator: Evaluator) -> str:
    name = check_name(token.text, "a result", token.start, evaluator.syntax)
    evaluator.check_new(name, token.start, rebinding=False)
    return name


__all__ = ["FormulaError", "parse_formula", "parse_program"]
