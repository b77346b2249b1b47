"""Services as data: where they are, what they take, what they cost. Each figure with its date and source."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from media_captioner.errors import ConfigError
from media_captioner.protocols import Price, Service

if TYPE_CHECKING:
    from collections.abc import Mapping

Region = Literal["singapore", "beijing"]
Protocol = Literal["compatible", "native", "self-hosted"]

MODEL: Final = "qwen3-omni-30b-a3b-captioner"
"""The captioner's name at Model Studio (lower case; the hub's name is refused there)."""

OPEN_MODEL: Final = "Qwen/Qwen3-Omni-30B-A3B-Captioner"
"""The same weights on the model hub, and the name by which vLLM and SGLang serve them."""

PATHS: Final[Mapping[Protocol, str]] = MappingProxyType(
    {"compatible": "/compatible-mode/v1", "native": "/api/v1", "self-hosted": "/v1"}
)

_PAGE: Final = "Model Studio, Audio understanding (Qwen3-Omni-Captioner)"
_PAGE_DATE: Final = "2026-03-14"


@dataclass(frozen=True, slots=True)
class Site:
    """One region of Model Studio. A key belongs to one region and is refused by the other.

    Attributes:
        region: Name in settings.
        title: Name in messages.
        host: Where it is.
        price: Its list price.

    """

    region: Region
    title: str
    host: str
    price: Price


SITES: Final[Mapping[str, Site]] = MappingProxyType(
    {
        "singapore": Site(
            "singapore",
            "Singapore",
            "https://dashscope-intl.aliyuncs.com",
            Price(Fraction("3.81"), Fraction("3.06"), _PAGE, _PAGE_DATE),
        ),
        "beijing": Site(
            "beijing",
            "Beijing",
            "https://dashscope.aliyuncs.com",
            Price(Fraction("2.265"), Fraction("1.821"), _PAGE, _PAGE_DATE),
        ),
    }
)
"""The two regions in which this model is offered (the page above; no other region has it)."""

_WORKSPACE_REGIONS: Final = {".ap-southeast-1.": "singapore", ".cn-beijing.": "beijing"}


def site(region: str) -> Site:
    """Return a region.

    Raises:
        ConfigError: no such region.

    """
    try:
        return SITES[region]
    except KeyError:
        raise ConfigError(
            f"There is no region {region!r} for this model", hint=f"Choose one of: {', '.join(SITES)}."
        ) from None


def region_of(base_url: str | None, region: str) -> str:
    """Return the region that an address of Model Studio belongs to; ``region`` where the address does not tell."""
    host = (urlsplit(base_url).hostname or "") if base_url else ""
    for part, name in _WORKSPACE_REGIONS.items():
        if part in host:
            return name
    for known in SITES.values():
        if host == urlsplit(known.host).hostname:
            return known.region
    return region


def base_for(protocol: Protocol, base_url: str) -> str:
    """Return the base URL of one wire protocol at an address.

    The address may be bare (``http://127.0.0.1:8901``) or name any of the protocols' paths; whoever set it
    for one protocol can use it for the others.
    """
    bare = base_url.strip().rstrip("/")
    for path in PATHS.values():
        if bare.endswith(path):
            stem = bare.removesuffix(path)
            # "/v1" also ends the longer paths and many addresses of self-hosted servers: leave those alone.
            if path != PATHS["self-hosted"] or protocol == "self-hosted":
                return stem + PATHS[protocol]
    if urlsplit(bare).path.strip("/") == "":
        return bare + PATHS[protocol]
    return bare


def is_model_studio(host: str) -> bool:
    """Return whether a host is one of the service's own, its regions' or a workspace's, and no gateway or emulator."""
    return host == "aliyuncs.com" or host.endswith(".aliyuncs.com")


def model_studio(
    region: str = "singapore", *, max_upload: int = 10_000_000, elsewhere: str | None = None
) -> Service:
    """Return the limits and prices of Model Studio in ``region``.

    Limits are those of the model's page: 40 minutes, one file, an encoded string under 10 MB (decimal, the
    smaller reading; an error text names 10,485,760), 60 requests and 100,000 tokens (input and output) a
    minute. The page names 10 MB for files sent by path; whether that binds an upload of one's own is not
    documented, so it is the default and can be raised.

    Args:
        region: ``singapore`` or ``beijing``.
        max_upload: Largest file by temporary upload, bytes.
        elsewhere: Host and port, where it is spoken to through another server, for messages.

    Raises:
        ConfigError: no such region.

    """
    where = site(region)
    return Service(
        name=f"Model Studio ({where.title})" if elsewhere is None else f"the server at {elsewhere}",
        max_seconds=Fraction(2400),
        target_seconds=Fraction(30),  # the model card: detail suffers beyond 30 s
        formats=("wav", "mp3", "aac", "amr", "3gp", "wav_gsm_ms"),
        max_data_url=10_000_000 - 1,
        max_upload=max_upload,
        context_tokens=32_768,
        requests_per_minute=60,
        tokens_per_minute=100_000,
        concurrency=8,  # one request a second, each under way for some eight seconds
        price=where.price,
    )


def self_hosted(host: str = "", *, max_seconds: Fraction = Fraction(30), concurrency: int = 4) -> Service:
    """Return the limits of a server of one's own (vLLM, SGLang).

    Thirty seconds, because the model card advises no more and because older servers silently drop the rest
    (vLLM before October 2025, SGLang before November 2025). WAV first: every version decodes it. The bound on
    the data URL is ours: neither server documents one.

    Args:
        host: Where it is, for messages.
        max_seconds: Longest clip to send.
        concurrency: Requests at once.

    """
    return Service(
        name=f"the server at {host}" if host else "the server",
        max_seconds=max_seconds,
        target_seconds=Fraction(30),
        formats=("wav", "mp3"),
        max_data_url=20_000_000,
        context_tokens=32_768,
        concurrency=concurrency,
    )
