"""Captioners that speak OpenAI's protocol: Model Studio's, and servers of one's own."""

from __future__ import annotations

import logging
from typing import Final

from media_captioner.captioners.addresses import is_loopback
from media_captioner.captioners.dialects import Compatible, Dialect, SelfHosted
from media_captioner.captioners.http import Connection
from media_captioner.captioners.options import Options
from media_captioner.captioners.remote import Place, RemoteCaptioner, timeouts_of
from media_captioner.captioners.services import (
    MODEL,
    OPEN_MODEL,
    Protocol,
    base_for,
    is_model_studio,
    model_studio,
    region_of,
    self_hosted,
    site,
)
from media_captioner.captioners.upload import Uploader
from media_captioner.errors import ConfigError, SecretMissing

log: Final = logging.getLogger(__name__)


def qwen(options: Options) -> RemoteCaptioner:
    """Return Qwen3-Omni-Captioner at Model Studio, by the OpenAI-compatible protocol.

    Raises:
        SecretMissing: there is no key.
        ConfigError: the region or the address cannot be used.

    """
    return at_model_studio("qwen", "compatible", Compatible(), options)


def at_model_studio(name: str, protocol: Protocol, dialect: Dialect, options: Options) -> RemoteCaptioner:
    """Return a captioner at Model Studio that speaks ``dialect``.

    Raises:
        SecretMissing: there is no key.
        ConfigError: the region or the address cannot be used.

    """
    region = region_of(options.base_url, options.region)
    where = site(region)
    if not options.api_key:
        raise SecretMissing(
            f"{name} needs a key of Model Studio and none is set",
            hint=f"Set DASHSCOPE_API_KEY to a key of the {where.title} region, or use --captioner local.",
        )
    address = options.base_url or where.host
    model = options.model or MODEL
    headers = {"X-DashScope-WorkSpace": options.workspace} if options.workspace else {}
    connection, native = (
        Connection(
            base_for(kind, address), key=options.api_key, headers=headers, timeouts=timeouts_of(options)
        )
        for kind in (protocol, "native")
    )
    _warn_of_clear_text(connection)
    uploader = Uploader(native, model, options.clock) if options.way == "upload" else None
    origin = connection.origin
    elsewhere = None if is_model_studio(origin.host) else f"{origin.host}:{origin.port}"
    service = model_studio(region, max_upload=options.max_upload, elsewhere=elsewhere)
    return RemoteCaptioner(name, model, service, Place(connection, dialect, uploader, region), options)


def openai_compatible(options: Options) -> RemoteCaptioner:
    """Return a captioner on a server of one's own: vLLM, SGLang, or this package's ``serve``.

    Raises:
        ConfigError: no address, or one that cannot be used.

    """
    if not options.base_url:
        raise ConfigError(
            "openai-compatible needs the address of the server",
            hint="Set --base-url, for example http://127.0.0.1:8901/v1.",
        )
    connection = Connection(
        base_for("self-hosted", options.base_url), key=options.api_key, timeouts=timeouts_of(options)
    )
    _warn_of_clear_text(connection)
    origin = connection.origin
    service = self_hosted(f"{origin.host}:{origin.port}", max_seconds=options.max_seconds)
    place = Place(connection, SelfHosted())
    return RemoteCaptioner("openai-compatible", options.model or OPEN_MODEL, service, place, options)


def _warn_of_clear_text(connection: Connection) -> None:
    origin = connection.origin
    if origin.scheme == "http" and not is_loopback(origin.host):
        log.warning("The sound, and the key if there is one, go to %s without encryption (http)", origin.host)
