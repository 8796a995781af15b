"""What the grader holds of a learner's objects: functions, modules and other things, by number."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Protocol

import torch

from ...checks.verdict import CheckError
from .protocol import name_of

LONGEST = 10_000


class Link(Protocol):
    """How a remote object asks its process."""

    def call(self, target: dict[str, Any], args: tuple, kwargs: dict[str, Any]) -> Any: ...
    def run(self, code: str, **inputs: Any) -> Any: ...


def signature_of(parameters: Any) -> inspect.Signature | None:
    """A signature from names and kinds; None where they make none."""
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    name_of(name),
                    inspect._ParameterKind(kind),
                    default=... if has_default else inspect.Parameter.empty,
                )
                for name, kind, has_default in parameters
            ]
        )
    except (TypeError, ValueError):
        return None


class RemoteFunction:
    """A callable of the learner's: plain data in, plain data out."""

    def __init__(self, link: Link, target: dict[str, Any], name: str, parameters: Any) -> None:
        self.__name__ = self.__qualname__ = name_of(name)
        found = signature_of(parameters)
        if found is not None:
            self.__signature__ = found
        self._link, self._target = link, target

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._link.call(self._target, args, kwargs)


class RemoteObject:
    """Anything else of the learner's, such as a dataset: its items, its length, its attributes."""

    def __init__(self, link: Link, number: int) -> None:
        self._link, self._number = link, number

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._link.run(f"it.{name}", it=self)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self._link.call({"handle": self._number}, args, kwargs)

    def __len__(self) -> int:
        length = self._link.run("len(it)", it=self)
        if type(length) is not int or not 0 <= length < 1 << 40:
            raise TypeError("its length is no number")
        return length

    def __getitem__(self, key: Any) -> Any:
        return self._link.run("it[key]", it=self, key=key)

    def __iter__(self) -> Iterator[Any]:
        code = "list(__import__('itertools').islice(it, most))"
        return iter(self._link.run(code, it=self, most=LONGEST))


class RemoteModule(torch.nn.Module):
    """A module of the learner's: it can be called, and its state can be compared."""

    def __init__(self, link: Link, number: int, parameters: Any) -> None:
        super().__init__()
        self._link, self._number = link, number
        found = signature_of(parameters)
        if found is not None:
            self.forward.__func__.__signature__ = found

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._link.call({"handle": self._number}, args, kwargs)

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, torch.Tensor]:
        if args or kwargs:
            raise CheckError("across the proxy state_dict() takes no arguments")
        return self._link.run("dict(it.state_dict())", it=self)

    def named_parameters(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        code = "{k: p.detach() for k, p in it.named_parameters()}"
        return iter(self._link.run(code, it=self).items())

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        return (parameter for _, parameter in self.named_parameters())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            return super().__getattr__(name)
        return self.__dict__["_link"].run(f"it.{name}", it=self)


def remote_of(link: Link, node: dict[str, Any]) -> Any:
    """The remote object of a handle's node; its class has the name that the learner gave."""
    name, number = name_of(node.get("class")), node["n"]
    if node.get("module") is True:
        made = type(name, (RemoteModule,), {"forward": _own_forward()})
        return made(link, number, node.get("parameters"))
    if node.get("function"):
        return RemoteFunction(
            link, {"handle": number}, str(node["function"]), node.get("parameters")
        )
    return type(name, (RemoteObject,), {})(link, number)


def _own_forward() -> Any:
    """A copy for each class: signatures differ."""

    def forward(self: RemoteModule, *args: Any, **kwargs: Any) -> Any:
        return RemoteModule.forward(self, *args, **kwargs)

    return forward


def opaque_of(node: dict[str, Any]) -> Any:
    """An object that is nothing but its class's name: it equals nothing."""
    name = name_of(node.get("class"))
    return type(name, (), {"__doc__": "a value that did not cross"})()
