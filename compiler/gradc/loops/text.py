"""Print a loop program as text that a person reads: names with their numbers, indices by axes.

    f(n; x: real[n]) -> value: real
        let i_last#3 = n - 1
        for i#4 in 0 .. n  vector(+: total#2)
            total#2 += (x[i#4] * x[i#4])

It is for people, and for small tests; nothing reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradc.ir.size import ONE, Size
from gradc.loops import program as loops
from gradc.loops.program import Buffer, LoopProgram, Name, Place, Value

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}


def show(program: LoopProgram) -> str:
    """The text of a program and of the functions that were cut off it."""
    lines = [f"{program.name}({_signature(program)})"]
    lines += [f"    scratch {_declared(s.buffer)}{_times(s)}" for s in program.scratch]
    lines += _indented(program.body)
    for cut in program.cuts:
        lines += ["", f"{cut.name}({', '.join(map(_item, cut.items))})", *_indented(cut.body)]
    return "\n".join(lines) + "\n"


def _signature(program: LoopProgram) -> str:
    inputs = ", ".join(_declared(buffer) for buffer in program.inputs)
    outputs = ", ".join(_declared(buffer) for buffer in program.outputs)
    return f"{', '.join(program.dims)}; {inputs}) -> ({outputs}"


def _declared(buffer: Buffer) -> str:
    return f"{buffer.name.hint}: {buffer.type}{_extents(buffer.extents)}"


def _extents(extents: Sequence[Size]) -> str:
    return f"[{', '.join(map(size_text, extents))}]" if extents else ""


def _times(scratch: loops.Scratch) -> str:
    views = " + ".join(f"{view.name}{_extents(view.extents)}" for view in scratch.views)
    return f" of {size_text(scratch.times)} times {views}" if views else ""


def _item(item: loops.Item) -> str:
    return item if isinstance(item, str) else item.hint if isinstance(item, Name) else item.name.hint


def _indented(body: Iterable[loops.Statement]) -> list[str]:
    return [f"    {line}" for statement in body for line in _lines(statement)]


def size_text(value: Size) -> str:
    """An index, with its variables by name and number."""

    def name(atom: tuple[object, ...]) -> str:
        if atom[0] == "name":
            return f"{atom[2]}#{atom[1]}"
        if atom[0] == "call":
            return f"{atom[1]}({', '.join(size_text(part) for part in atom[2:] if isinstance(part, Size))})"
        return str(atom[1])

    return value.spell(name)


def value_text(value: Value) -> str:
    """An expression."""
    match value:
        case loops.Constant(number):
            return repr(number)
        case loops.Whole(size):
            return size_text(size)
        case loops.Local(name):
            return str(name)
        case loops.Load(buffer, place, _, _, guards):
            guarded = f" if {', '.join(map(size_text, guards))} else 0" if guards else ""
            return f"{buffer.name}[{', '.join(map(size_text, place))}]{guarded}"
        case loops.Outside(place, extent):
            return f"{size_text(place)} outside {size_text(extent)}"
        case loops.Apply(op, operands, form):
            texts = [value_text(operand) for operand in operands]
            if op in _SIGNS and len(texts) == 2:
                return f"({texts[0]} {_SIGNS[op]} {texts[1]})"
            return f"{f'{form}:' if form else ''}{op}({', '.join(texts)})"


def _target(target: Name | Place) -> str:
    if isinstance(target, Name):
        return str(target)
    return f"{target.buffer.name}[{', '.join(map(size_text, target.place))}]"


def _lines(statement: loops.Statement) -> Iterator[str]:
    match statement:
        case loops.Comment(text):
            yield f"# {text}"
        case loops.Let(name, _, value):
            yield f"let {name} = {value_text(value)}"
        case loops.Variable(name, kind, start):
            yield f"var {name}: {kind}" + ("" if start is None else f" = {value_text(start)}")
        case loops.Assign(target, sign, value):
            yield f"{_target(target)} {sign} {value_text(value)}"
        case loops.For(name, first, last, body, mode, step, reductions):
            combined = "; ".join(f"{sign}: {', '.join(map(str, names))}" for sign, names in reductions)
            how = "" if mode == loops.SERIAL else f"  {mode}" + (f"({combined})" if combined else "")
            by = "" if step == ONE else f" by {size_text(step)}"
            yield f"for {name} in {size_text(first)} .. {size_text(last)}{by}{how}"
            yield from _indented(body)
        case loops.If(tests, body, other, when, zero):
            texts = [f"{size_text(t.left)} {t.sign} {size_text(t.right)}" for t in tests]
            texts = [*([when] if when else []), *texts, *([f"{zero} == 0"] if zero is not None else [])]
            yield f"if {' and '.join(texts)}"
            yield from _indented(body)
            if other:
                yield "otherwise"
                yield from _indented(other)
        case loops.Scope(body):
            yield "scope"
            yield from _indented(body)
        case loops.Return(status):
            yield f"return {status}"
        case loops.Flag(name, work):
            yield f"let {name} = flag for {size_text(work)}"
        case loops.Pause(flag):
            yield f"leave where {flag} is set"
        case loops.Add(total, low, term):
            yield f"{_target(total)}, {low} += {term}"
        case loops.Rounded(total, low):
            yield f"{_target(total)} += {low}"
        case loops.Call(routine, arguments, failure, _, flag):
            fails = f" or return {failure}" if failure else ""
            looks = "" if flag is None else f" looking at {flag}"
            yield f"call {routine}({', '.join(map(_argument, arguments))}){looks}{fails}"
        case loops.Alias(buffer, of, first):
            yield f"{buffer.role} {buffer.name}{_extents(buffer.extents)} is {of.name}[{size_text(first)}]"
        case loops.Array(buffer):
            yield f"array {buffer.name}{_extents(buffer.extents)}"
        case loops.Carve(block, _, _, which, views, _):
            yield f"carve {', '.join(str(view.name) for view in views)} from share {size_text(which)} of {block.name}"
        case loops.View(buffer, block, _, which, before):
            yield f"read {buffer.name} is view {len(before)} in share {size_text(which)} of {block.name}"
        case loops.Share(name, views):
            yield f"let {name} = bytes of {', '.join(str(view.name) for view in views)}"
        case loops.Invoke(function, items):
            yield f"{function}({', '.join(map(_item, items))})"
        case loops.Team(function, parts, _, items):
            yield f"team {function}({parts}; {', '.join(map(_item, items))})"


def _argument(argument: loops.Argument) -> str:
    match argument:
        case loops.Start(buffer, place):
            return f"&{buffer.name}[{', '.join(map(size_text, place))}]"
        case loops.Address(name):
            return f"&{name}"
        case loops.Null():
            return "none"
        case _:
            return size_text(argument)
