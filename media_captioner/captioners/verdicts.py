"""Decides what a refusal means: one class of the error tree, and what a person can do about it.

The codes are those of Model Studio's error page in both spellings (native ``Throttling.RateQuota``, compatible
``limit_requests``). A code decides before the HTTP status does, because the service says 429 of three
different things, 400 of an unpaid bill and 500 of some mistakes of the caller. Where even the code is
ambiguous, the message decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from media_captioner.captioners.refusals import Refusal
from media_captioner.captioners.services import SITES
from media_captioner.errors import (
    AccountSuspended,
    AuthenticationFailed,
    CaptionerError,
    CaptionerUnavailable,
    ClipRejected,
    ContentRefused,
    RateLimited,
    ServiceMisconfigured,
)

INLINE: Final = "Send the sound itself: it is the default way, without --audio-url or --input upload."


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of whom, for messages and hints.

    Attributes:
        doing: What was being done ("describing 00:00:30 to 00:01:00 of clip.mp4").
        service: Name of the service.
        region: Its region, or None where regions do not exist.
        model: The model that was asked for.
        own: Whether the server is the user's own.

    """

    doing: str
    service: str
    region: str | None = None
    model: str = ""
    own: bool = False


def _key(asked: Asked) -> str:
    if asked.own:
        return "Set the key that this server was started with."
    others = [site for name, site in SITES.items() if name != asked.region]
    site = SITES.get(asked.region or "")
    here = site.title if site is not None else asked.service
    return (
        f"Check DASHSCOPE_API_KEY. A key belongs to one region and this one was tried in {here}: "
        + "; ".join(f"for a key of {site.title} set --region {site.region}" for site in others)
        + "."
    )


def _model(asked: Asked) -> str:
    if asked.own:
        return (
            f"Ask the server for its models (GET /v1/models) and set --model; {asked.model!r} was asked for."
        )
    return f"Check the model ({asked.model!r} was asked for), the region and the workspace."


def _says(text: str) -> Callable[[Asked], str | None]:
    return lambda _: text


def _nothing(_: Asked) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A class of the error tree, what it is called in a sentence, and how to mend it."""

    error: type[CaptionerError]
    because: str
    hint: Callable[[Asked], str | None] = _nothing


_WRONG_KEY: Final = Verdict(AuthenticationFailed, "the key was refused", _key)
_UNPAID: Final = Verdict(
    AccountSuspended,
    "the account has to be paid or topped up",
    _says("Settle the account in the console; nothing is sent until then."),
)
_NOT_ALLOWED: Final = Verdict(
    AccountSuspended,
    "the account may not use this model",
    _says("Activate the model for this account and workspace in the console."),
)
_FREE_USED: Final = Verdict(
    AccountSuspended,
    "the free quota is used up",
    _says("Switch on paid use in the console, or wait for a new quota."),
)
_WORKSPACE: Final = Verdict(
    AuthenticationFailed,
    "the key may not use this workspace",
    _says("Set the workspace that the key was made in, or none."),
)
_NO_MODEL: Final = Verdict(ServiceMisconfigured, "there is no such model", _model)
_NO_PLACE: Final = Verdict(
    ServiceMisconfigured, "there is nothing at this address", _says("Check the base URL and its path.")
)
_SLOW_DOWN: Final = Verdict(RateLimited, "too many requests in a minute")
_RAMP: Final = Verdict(RateLimited, "requests came too fast one after the other")
_TOKENS: Final = Verdict(RateLimited, "too many tokens in a minute")
_DOWN: Final = Verdict(CaptionerUnavailable, "the service failed on its side")
_NO_DOWNLOAD: Final = Verdict(
    CaptionerUnavailable, "the service could not download the sound in time", _says(INLINE)
)
_BAD_URL: Final = Verdict(ClipRejected, "the service cannot use the address of the sound", _says(INLINE))
_BAD_CLIP: Final = Verdict(ClipRejected, "the service cannot use this clip")
_TOO_LARGE: Final = Verdict(
    ClipRejected, "the clip is too large", _says("Cut shorter segments, or encode at a lower bit rate.")
)
_TOO_LONG: Final = Verdict(ClipRejected, "the clip is too long", _says("Cut shorter segments."))
_INSPECTED: Final = Verdict(ContentRefused, "the service refuses this sound because of its content")

_BY_MESSAGE: Final[tuple[tuple[re.Pattern[str], Verdict], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), verdict)
    for pattern, verdict in (
        (r"free (allocated )?quota|free tier", _FREE_USED),
        (r"missing content-length of multimodal", _BAD_URL),
        (
            r"(failed|unable) to download (multimodal|the media)|download the media resource timed out",
            _NO_DOWNLOAD,
        ),
        (r"url does not appear to be valid|invalid.{0,20}url", _BAD_URL),
        (r"audio is too long|longer than|range of input length|maximum context length", _TOO_LONG),
        (r"too large|exceeded limit on max bytes", _TOO_LARGE),
        (r"inappropriate content", _INSPECTED),
    )
)
"""Tried in this order, and only for codes that say nothing precise (see ``_VAGUE``)."""

_VAGUE: Final = frozenset(
    {"", "invalidparameter", "invalidparametererror", "invalidrequesterror", "badrequest", "badrequesterror"}
    | {"invalidparameter.datainspection", "internalerror.algo", "invalidurl"}
    | {"throttling.allocationquota", "insufficientquota", "ratelimiterror"}
)

_BY_CODE: Final = MappingProxyType(
    {
        "invalidapikey": _WRONG_KEY,
        "authenticationerror": _WRONG_KEY,
        "unauthorized": _WRONG_KEY,
        "arrearage": _UNPAID,
        "prepaidbilloverdue": _UNPAID,
        "postpaidbilloverdue": _UNPAID,
        "commoditynotpurchased": _NOT_ALLOWED,
        "accessdenied": _NOT_ALLOWED,
        "accessdenied.unpurchased": _NOT_ALLOWED,
        "model.accessdenied": _NOT_ALLOWED,
        "permissiondeniederror": _NOT_ALLOWED,
        "workspace.accessdenied": _WORKSPACE,
        "workspacenotfound": _WORKSPACE,
        "allocationquota.freetieronly": _FREE_USED,
        "modelnotfound": _NO_MODEL,
        "modelnotsupported": _NO_MODEL,
        "notfounderror": _NO_MODEL,
        "throttling": _SLOW_DOWN,
        "throttling.ratequota": _SLOW_DOWN,
        "limitrequests": _SLOW_DOWN,
        "ratelimiterror": _SLOW_DOWN,
        "throttling.burstrate": _RAMP,
        "limitburstrate": _RAMP,
        "throttling.allocationquota": _TOKENS,
        "insufficientquota": _TOKENS,
        "datainspectionfailed": _INSPECTED,
        "contentfilter": _INSPECTED,
        "invalidparameter": _BAD_CLIP,
        "invalidparametererror": _BAD_CLIP,
        "invalidrequesterror": _BAD_CLIP,
        "invalidparameter.datainspection": Verdict(
            ClipRejected, "the service cannot read this clip", _says("Try another --format.")
        ),
        "invalidurl": _BAD_URL,
        "invalidurl.timeout": _NO_DOWNLOAD,
        "badrequest": _BAD_CLIP,
        "badrequesterror": _BAD_CLIP,
        "badrequest.toolarge": _TOO_LARGE,
        "internalerror": _DOWN,
        "internalservererror": _DOWN,
        "requesttimeout": _DOWN,
        "modelunavailable": _DOWN,
        "modelservingerror": _DOWN,
        "serviceunavailable": _DOWN,
    }
)

_BY_STATUS: Final = MappingProxyType(
    {
        401: _WRONG_KEY,
        402: _UNPAID,
        403: _NOT_ALLOWED,
        404: _NO_PLACE,
        405: _NO_PLACE,
        408: _DOWN,
        409: _DOWN,
        413: _TOO_LARGE,
        425: _DOWN,
        429: _SLOW_DOWN,
        451: _INSPECTED,
    }
)


def _normal(code: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", code.lower())


def judge(refusal: Refusal) -> Verdict:
    """Return what ``refusal`` means. Total: every input has a verdict, and nothing raises."""
    code, status = _normal(refusal.code), refusal.status or 0
    if code in _VAGUE and (code or status < 500):
        for pattern, verdict in _BY_MESSAGE:
            if pattern.search(refusal.message):
                return verdict
    while code:
        if code in _BY_CODE:
            return _BY_CODE[code]
        code = code.rpartition(".")[0]
    return _BY_STATUS.get(status, _BAD_CLIP if 400 <= status < 500 else _DOWN)


def as_error(refusal: Refusal, asked: Asked, *, begun: bool = False) -> CaptionerError:
    """Return ``refusal`` as an error of ours, ready to be raised. Never raises itself.

    Args:
        refusal: What the service said.
        asked: What it was asked.
        begun: Whether words had arrived before it. They are billed, whatever came then.

    """
    verdict = judge(refusal)
    said = [f"HTTP {refusal.status}" if refusal.status else "", refusal.code]
    detail = " ".join(part for part in said if part)
    message = f"Failed {asked.doing}: {verdict.because}"
    if refusal.message:
        message += f": {asked.service} says {refusal.message.rstrip('.')!r}"
    if detail:
        message += f" ({detail})"
    if refusal.request_id:
        message += f" [request {refusal.request_id}]"
    hint = verdict.hint(asked)
    error: CaptionerError
    if verdict.error is RateLimited:
        error = RateLimited(message, hint=hint, retry_after=refusal.retry_after)
    else:
        error = verdict.error(message, hint=hint)
    error.billed = begun or (error.billed and not _never_ran(refusal.status))
    return error


def _never_ran(status: int | None) -> bool:
    """Return whether a status says that the model was not even asked."""
    if status is None:
        return False
    return (400 <= status < 500 and status != 408) or status in {503, 529}
