"""Our dataclasses as JSON and back, driven by their own type hints.

Seconds are numbers with at most six decimals (a microsecond; captions live on milliseconds), other exact
fractions are strings (``"30000/1001"``). What is empty or unknown is left out.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from fractions import Fraction
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from media_captioner.timing import nearest

T = TypeVar("T")

_EXACT_FIELDS = frozenset({"rate", "dollars"})  # fractions that are not seconds


def to_json(value: Any, *, name: str = "", text: Callable[[str], str] = str) -> Any:  # noqa: PLR0911 - one line for each kind of value
    """Return ``value`` as what the json module can write, losslessly but for the microsecond.

    Numbers that JSON has not (infinite levels of digital silence) become None.

    Args:
        value: One of our dataclasses, or anything that is in one.
        name: Name of the member that it is.
        text: What is done to every text that is a value.

    """
    kind: Any = type(value)
    if kind is str:  # most of what there is
        return text(value)
    if kind is int:
        return value
    if kind is Fraction:
        return str(value) if name in _EXACT_FIELDS else _seconds(value)
    if kind is tuple or kind is list:
        return [to_json(item, text=text) for item in value]
    if kind is float:
        return round(value, 4) if math.isfinite(value) else None
    members = _members(kind)
    if members is None:
        return _other_to_json(value, text)
    told = {}
    for (key, default, usual), member in zip(members.defaults, members.of(value), strict=True):
        if member is None or member is default:
            continue
        kind = type(member)
        if kind is usual and member == default:
            continue
        if kind is str:  # a call less for each of what there is most of
            told[key] = text(member)
        elif kind is int:
            told[key] = member
        else:
            told[key] = to_json(member, name=key, text=text)
    return told


def _other_to_json(value: Any, text: Callable[[str], str]) -> Any:
    if isinstance(value, (frozenset, set)):
        return sorted(to_json(item, text=text) for item in value)
    if isinstance(value, dict):
        return {text(str(key)): to_json(item, text=text) for key, item in value.items()}
    if isinstance(value, Path):
        return text(value.name)  # a user's folders are nobody else's business
    return value


def _seconds(value: Fraction) -> int | float:
    if value.denominator == 1:
        return value.numerator
    micros = nearest(value, 1_000_000)
    return micros // 1_000_000 if micros % 1_000_000 == 0 else micros / 1_000_000


@dataclass(frozen=True, slots=True)
class _Members:
    """The members of a dataclass.

    Attributes:
        defaults: The name of each, its default or a value that nothing equals, and the type of that.
        of: Returns the value of each, of one instance: all at once is twice as fast as one by one.

    """

    defaults: tuple[tuple[str, Any, type], ...]
    of: Callable[[Any], tuple[Any, ...]]


@cache
def _members(cls: Any) -> _Members | None:
    """Return the members of a dataclass, or None for what is no dataclass."""
    if not is_dataclass(cls):
        return None
    defaults = []
    for field in fields(cls):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        defaults.append((field.name, default, type(default)))
    names = [field.name for field in fields(cls)]
    # A getter of one name returns its value, not a tuple of it.
    of = attrgetter(*names) if len(names) > 1 else lambda value: tuple(getattr(value, name) for name in names)
    return _Members(tuple(defaults), of)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def from_json(cls: type[T], data: Any) -> T:
    """Build ``cls`` from what :func:`to_json` wrote. Unknown keys are ignored: a newer minor version adds some.

    Raises:
        ValueError: something is missing or of the wrong kind.

    """
    try:
        built: T = _build(cls, data)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError) as error:
        raise ValueError(f"not a valid {cls.__name__}: {error}") from error
    return built


def _build(hint: Any, data: Any) -> Any:  # noqa: PLR0911 - one line for each kind of hint
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _build_optional(hint, data)
    if origin is Literal:
        if data not in get_args(hint):
            raise ValueError(f"{data!r} is none of {get_args(hint)}")
        return data
    if origin in {tuple, frozenset}:
        return origin(_build(get_args(hint)[0], item) for item in data)
    if origin is dict:
        return dict(data)
    if hint is Fraction:
        return Fraction(str(data))
    if hint is float:
        return -math.inf if data is None else float(data)
    if is_dataclass(hint):
        assert isinstance(hint, type)  # noqa: S101 - for the type checker
        return _build_dataclass(hint, data)
    if hint is Path:
        return Path(data)
    if hint in {str, int, bool} and type(data) is not hint:
        raise TypeError(f"{data!r} is not a {hint.__name__}")
    return data


def _build_optional(hint: Any, data: Any) -> Any:
    if data is None:
        return None
    for option in get_args(hint):
        if option is not type(None):
            return _build(option, data)
    return data


def _build_dataclass(cls: type, data: Any) -> Any:
    hints, values = _hints(cls), {}
    for field in fields(cls):
        if field.name in data:
            values[field.name] = _build(hints[field.name], data[field.name])
        elif hints[field.name] is float:
            values[field.name] = -math.inf
        elif field.default is field.default_factory is MISSING and type(None) in get_args(hints[field.name]):
            values[field.name] = None  # nothing is written where nothing is known, and no default says so
    return cls(**values)
