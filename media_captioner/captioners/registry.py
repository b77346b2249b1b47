"""Captioners by name, and which one ``auto`` means."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from media_captioner.captioners.options import Options, options_of
from media_captioner.errors import ConfigError
from media_captioner.protocols import Captioner, Reporter, Service
from media_captioner.system.secrets import Secret

Factory = Callable[[Options], Captioner]

KEY_VARIABLE: Final = "DASHSCOPE_API_KEY"
"""Environment variable that holds a key of Model Studio, as its own clients read it."""

PAID: Final = frozenset({"qwen", "qwen-dashscope"})
"""Captioners that want a key of Model Studio."""


def _qwen(options: Options) -> Captioner:
    from media_captioner.captioners.openai_compatible import qwen

    return qwen(options)


def _qwen_dashscope(options: Options) -> Captioner:
    from media_captioner.captioners.dashscope import qwen_dashscope

    return qwen_dashscope(options)


def _openai_compatible(options: Options) -> Captioner:
    from media_captioner.captioners.openai_compatible import openai_compatible

    return openai_compatible(options)


def _emulated(options: Options) -> Captioner:
    from media_captioner.captioners.emulated import EmulatedCaptioner

    del options
    return EmulatedCaptioner()


def _local(options: Options) -> Captioner:
    from media_captioner.captioners.local import LocalCaptioner

    return LocalCaptioner(
        options.whisper_model,
        threads=options.threads or os.cpu_count() or 1,
        translate=options.translate,
        models_folder=options.models_folder,
        reporter=options.reporter,
    )


BUILT_IN: Final[Mapping[str, Factory]] = MappingProxyType(
    {
        "local": _local,
        "qwen": _qwen,
        "qwen-dashscope": _qwen_dashscope,
        "openai-compatible": _openai_compatible,
        "emulated": _emulated,
    }
)
"""Every captioner of this package. Nothing is imported until one is made."""


FREE: Final = frozenset({"local", "emulated"})
"""Those of them that work on this machine and cost nothing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which captioner is used, and why.

    Attributes:
        name: The captioner.
        reason: One sentence for a person.

    """

    name: str
    reason: str


def choose(setting: str = "auto", environment: Mapping[str, str] | None = None) -> Choice:
    """Say which captioner ``setting`` means: itself, or for ``auto`` what the environment has a key for.

    Args:
        setting: The user's setting.
        environment: Where to look for a key; the process's environment by default.

    """
    if setting != "auto":
        return Choice(setting, f"Captioner: {setting}, because the settings say so.")
    found = (os.environ if environment is None else environment).get(KEY_VARIABLE, "")
    if found.strip():
        return Choice(
            "qwen",
            f"Captioner: qwen, because {KEY_VARIABLE} is set. It is paid for; --captioner local is free.",
        )
    return Choice(
        "local",
        f"Captioner: local, on this machine, because no key is set ({KEY_VARIABLE} would choose qwen).",
    )


def service_for(name: str, settings: object = None) -> Service:
    """Return the limits and prices of the captioner ``name`` without a key and without any connection.

    Raises:
        ConfigError: there is no such captioner, or its settings cannot be used.

    """
    options = options_of(settings)
    if name in PAID:
        from media_captioner.captioners.services import model_studio, region_of

        return model_studio(region_of(options.base_url, options.region), max_upload=options.max_upload)
    if name not in BUILT_IN:
        raise ConfigError(
            f"There is no captioner {name!r}", hint=f"Choose one of: {', '.join(sorted(BUILT_IN))}."
        )
    return BUILT_IN[name](options).service


def create(
    name: str = "auto",
    settings: object = None,
    reporter: Reporter | None = None,
    *,
    further: Mapping[str, Factory] | None = None,
) -> Captioner:
    """Return the captioner ``name``. For ``auto`` it is chosen, and the reporter is told which and why.

    Args:
        name: ``auto``, one of :data:`BUILT_IN`, or of ``further``.
        settings: :class:`~media_captioner.captioners.options.Options`, or any object with some of its fields.
            Where it has no key, ``DASHSCOPE_API_KEY`` is used for Model Studio.
        reporter: Whom to tell.
        further: Captioners that plugins bring, by name. They cannot take a name that is taken.

    Raises:
        ConfigError: there is no such captioner, or its settings cannot be used.
        SecretMissing: it needs a key.
        ExtraMissing: it needs a part of the package that is not installed.

    """
    choice = choose(name)
    if name == "auto" and reporter is not None:
        reporter.notice("info", choice.reason)
    known = {**(further or {}), **BUILT_IN}
    if choice.name not in known:
        raise ConfigError(
            f"There is no captioner {name!r}", hint=f"Choose one of: {', '.join(['auto', *sorted(known)])}."
        )
    options = options_of(settings, reporter=reporter)
    if not options.api_key and choice.name in PAID and (key := os.environ.get(KEY_VARIABLE, "").strip()):
        options = replace(options, api_key=Secret(key))
    return known[choice.name](options)
