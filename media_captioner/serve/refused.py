"""What the server says when it does not describe: the codes and texts of Model Studio, in three wordings."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from media_captioner.errors import (
    CaptionerError,
    ClipRejected,
    ContentRefused,
    MediaError,
    RateLimited,
    ResponseInvalid,
    ResponseTruncated,
)
from media_captioner.system.secrets import redact


class Refused(Exception):
    """A request is answered with an error.

    Args:
        status: HTTP status.
        native: Code in the native protocol.
        compatible: Code in the compatible protocol.
        message: Text for a person.
        early: Whether it is found out before the request reaches the model (by the gateway), so that even a
            stream is answered with plain JSON.

    """

    def __init__(
        self, status: int, native: str, compatible: str, message: str, *, early: bool = False
    ) -> None:
        super().__init__(message)
        self.status, self.native, self.compatible = status, native, compatible
        self.message, self.early = message, early


@dataclass(frozen=True, slots=True)
class _Kind:
    status: int
    native: str
    compatible: str
    early: bool = False

    def __call__(self, message: str) -> Refused:
        return Refused(self.status, self.native, self.compatible, message, early=self.early)


invalid: Final = _Kind(400, "InvalidParameter", "invalid_parameter_error")
bad_url: Final = _Kind(400, "InvalidURL", "invalid_parameter_error")
too_large: Final = _Kind(400, "BadRequest.TooLarge", "invalid_parameter_error", early=True)
malformed: Final = _Kind(400, "InvalidParameter", "invalid_request_error", early=True)
wrong_key: Final = _Kind(401, "InvalidApiKey", "invalid_api_key", early=True)
no_model: Final = _Kind(404, "ModelNotFound", "model_not_found", early=True)
no_path: Final = _Kind(404, "NotFound", "not_found", early=True)
wrong_method: Final = _Kind(405, "MethodNotAllowed", "method_not_allowed", early=True)
too_many: Final = _Kind(429, "Throttling.RateQuota", "limit_requests", early=True)
inspected: Final = _Kind(400, "DataInspectionFailed", "data_inspection_failed")
failed: Final = _Kind(500, "InternalError", "internal_error")
timed_out: Final = _Kind(500, "RequestTimeOut", "request_timeout")
unavailable: Final = _Kind(503, "ModelServingError", "model_serving_error")
elsewhere: Final = _Kind(421, "MisdirectedRequest", "misdirected_request", early=True)
cross_site: Final = _Kind(403, "AccessDenied", "access_denied", early=True)

URL_INVALID: Final = "The provided URL does not appear to be valid. Ensure it is correctly formatted."
NOT_OPENED: Final = "The audio format is illegal and cannot be opened."
EMPTY: Final = "The audio is empty."
TOO_LONG: Final = "The audio is too long."
DATA_URI: Final = "Exceeded limit on max bytes per data-uri item : 10485760"
NO_KEY: Final = "Incorrect API key provided."

_BY_ERROR: Final = MappingProxyType(
    {
        ContentRefused: inspected,
        RateLimited: too_many,
        ClipRejected: invalid,
        ResponseInvalid: unavailable,
        ResponseTruncated: unavailable,
    }
)


def as_refused(error: Exception) -> Refused:
    """Return what a client is told of an error of the captioner that is served."""
    text = redact(str(error))
    if isinstance(error, MediaError):
        return invalid(NOT_OPENED)
    if isinstance(error, CaptionerError):
        for kind, refused in _BY_ERROR.items():
            if isinstance(error, kind):
                return refused(text)
        return (unavailable if error.retryable else failed)(text)
    return failed(text)


def native_value(refused: Refused, request_id: str) -> dict[str, Any]:
    """Return the error as the native protocol words it."""
    return {"code": refused.native, "message": refused.message, "request_id": request_id}


def compatible_value(refused: Refused, request_id: str) -> dict[str, Any]:
    """Return the error as the compatible protocol words it."""
    kind = "invalid_request_error" if 400 <= refused.status < 500 else "internal_error"
    return {
        "error": {"message": refused.message, "type": kind, "param": None, "code": refused.compatible},
        "request_id": request_id,
    }


_TYPES: Final = MappingProxyType(
    {
        400: "BadRequestError",
        401: "AuthenticationError",
        403: "PermissionDeniedError",
        404: "NotFoundError",
        429: "RateLimitError",
    }
)


def vllm_value(refused: Refused) -> dict[str, Any]:
    """Return the error as vLLM words it: the code is the HTTP status, a number."""
    kind = _TYPES.get(refused.status, "BadRequestError" if refused.status < 500 else "InternalServerError")
    return {"error": {"message": refused.message, "type": kind, "param": None, "code": refused.status}}
