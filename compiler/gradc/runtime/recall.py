"""What was made of a source before: its facts and the records of its kernels, found without reading the source again.

    memory = Memory(cache, address([...]))          # all that the source is
    memory.facts()                                  # None, or what `keep_facts` was given
    memory.kernel("value_and_grad", compiler)       # None, or a record and the key of an object

Each fact lies beside the objects under its own checksum, so a damaged one is not believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradc.runtime.arguments import Entry, Input, Output
from gradc.runtime.cache import Cache, address
from gradc.runtime.toolchain import Compiler, machine, processor


class Memory:
    """The facts about one source in a cache.

    Parameters
    ----------
    cache
        Where they are.
    key
        A text that tells the source from all others.
    """

    def __init__(self, cache: Cache, key: str) -> None:
        self.cache, self.key = cache, key

    def facts(self) -> dict[str, Any] | None:
        """What is known of the source."""
        found = self.cache.recall(f"source-{self.key}")
        return found if isinstance(found, dict) else None

    def keep_facts(self, facts: Mapping[str, Any]) -> None:
        """Remember what is known of the source."""
        self.cache.remember(f"source-{self.key}", dict(facts))

    def derived(self, by: str) -> Memory:
        """The memory of what is made of the source in the way that a text says."""
        return Memory(self.cache, address([self.key, by]))

    def kernel(self, mode: str, compiler: Compiler) -> tuple[Entry, str] | None:
        """The record of an entry point and its object's key, as this compiler made it for this machine."""
        found = self.cache.recall(self._name(mode, compiler))
        if not isinstance(found, list):
            return None
        record, key = found
        return from_plain(record), str(key)

    def keep_kernel(self, mode: str, compiler: Compiler, entry: Entry, key: str) -> None:
        """Remember an entry point, and the key of the object in the cache that holds it."""
        self.cache.remember(self._name(mode, compiler), [to_plain(entry), key])

    def _name(self, mode: str, compiler: Compiler) -> str:
        key = address([self.key, mode, *compiler.identity(compiler.kernel_flags), processor(), *machine()])
        return f"kernel-{key}"


def to_plain(entry: Entry) -> list[Any]:
    """A record as lists and texts."""
    fields = entry._asdict()
    return [*({**fields, "statuses": list(entry.statuses.items())}).values()]


def from_plain(record: list[Any]) -> Entry:
    """The record that `to_plain` gave."""
    fields = dict(zip(Entry._fields, _tuples(record), strict=True))
    return Entry(
        **{
            **fields,
            "inputs": tuple(Input(*value) for value in fields["inputs"]),
            "outputs": tuple(Output(*value) for value in fields["outputs"]),
            "statuses": dict(fields["statuses"]),
        }
    )


def _tuples(item: Any) -> Any:
    return tuple([_tuples(part) for part in item]) if isinstance(item, list) else item
