"""What `isinstance`, `type` and `iter` say of traced values: what they would say of the arrays and numbers themselves.

A number that is traced may be Python's or NumPy's at a call. Where the answer is another for each, there is none.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from gradc.ir.equations import BOOLEAN, INTEGER, REAL

CLASSES: Mapping[str, tuple[type, ...]] = {
    REAL: (float, np.float64),
    INTEGER: (int, np.int64),
    BOOLEAN: (bool, np.bool_),
}
"""What a number of each kind may be."""

Classes = Callable[[Any], "tuple[type, ...] | None"]
Refuse = Callable[[str], NoReturn]


def stand_ins(classes_of: Classes, refuse: Refuse) -> dict[str, Any]:
    """What to call instead of the builtins.

    Parameters
    ----------
    classes_of
        Gives the classes that a traced value may have, and None for what is not traced.
    refuse
        Raises an error with a message.
    """

    def is_instance(item: Any, wanted: Any) -> bool:
        wanted = _as_given(wanted, stand_in_of_type)
        classes = classes_of(item)
        if classes is None:
            return isinstance(item, wanted)
        answers = {issubclass(each, wanted) for each in classes}
        if len(answers) > 1:
            names = " or ".join(each.__name__ for each in classes)
            refuse(f"a traced number is a {names} at a call, so isinstance(..., {wanted}) has no answer: name both")
        return answers.pop()

    def iterate(*args: Any) -> Any:
        classes = classes_of(args[0]) if len(args) == 1 else None
        if classes is not None and np.ndarray not in classes:
            raise TypeError(f"'{classes[0].__name__}' object is not iterable")
        return iter(*args)

    class OfType(type):
        """Makes ``type(x)`` a question of ours, and leaves the class `type` what it is."""

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            classes = classes_of(args[0]) if len(args) == 1 and not kwargs else None
            if classes is None:
                return builtins.type(*args, **kwargs)
            if len(classes) > 1:
                names = " or ".join(each.__name__ for each in classes)
                refuse(f"the type of a traced number is {names} at a call: ask isinstance(x, {classes[0].__name__})")
            return classes[0]

        def __instancecheck__(cls, item: Any) -> bool:
            return isinstance(item, builtins.type)

        def __subclasscheck__(cls, item: Any) -> bool:
            return issubclass(item, builtins.type)

    stand_in_of_type = OfType("type", (builtins.type,), {})
    return {"isinstance": is_instance, "iter": iterate, "type": stand_in_of_type}


def _as_given(wanted: Any, of_type: Any) -> Any:
    if isinstance(wanted, tuple):
        return tuple(_as_given(each, of_type) for each in wanted)
    return builtins.type if wanted is of_type else wanted
