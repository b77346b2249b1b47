"""The wire protocols: how a request is worded, and what one JSON value of an answer says.

Three are spoken: Model Studio's OpenAI-compatible protocol, its native one, and that of vLLM and SGLang. The
first and the last look alike and are not: Model Studio wants a data URL in ``input_audio``, where vLLM wants
bare base64, so servers of one's own get ``audio_url``, which all of them take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

from media_captioner.captioners.http import Body
from media_captioner.captioners.sound import Sound, json_body

RUNNING: Final = frozenset({None, "", "null"})
"""Values of ``finish_reason`` while an answer is under way; the native protocol says the word ``null``."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a service counted: all input, the sound in it, output."""

    input: int
    audio: int
    output: int


@dataclass(frozen=True, slots=True)
class Piece:
    """What one JSON value of an answer brings.

    Attributes:
        text: Words.
        whole: Whether ``text`` is everything so far, and not only what is new.
        finish: Why the answer ends, or None while it goes on.
        tokens: The count so far, or None.

    """

    text: str = ""
    whole: bool = False
    finish: str | None = None
    tokens: Tokens | None = None


class Dialect(Protocol):
    """One wire protocol."""

    @property
    def path(self) -> str:
        """Where requests go, below the base URL."""
        ...

    def headers(self, sound: Sound, *, stream: bool) -> dict[str, str]:
        """Return the headers of a request."""
        ...

    def body(self, model: str, sound: Sound, *, stream: bool) -> Body:
        """Return the body of a request."""
        ...

    def piece(self, value: dict[str, Any]) -> Piece:
        """Read one JSON value of an answer.

        Raises:
            ValueError: it is not what the protocol promises.

        """
        ...


def _count(holder: object, *names: str) -> int:
    """Return a count of tokens; what is no reasonable number counts as none."""
    if isinstance(holder, dict):
        for name in names:
            value = holder.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
                return value
    return 0


def _text(content: object) -> str:
    """Return the words of a message's content: a string, or a list of parts.

    Raises:
        ValueError: neither.

    """
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text", "") if isinstance(part, dict) else None for part in content]
        if all(isinstance(part, str) for part in parts):
            return "".join(part for part in parts if part)
    raise ValueError("its content is no text")


def _first(choices: object) -> dict[str, Any] | None:
    """Return the first choice, or None where the list is empty.

    Raises:
        ValueError: no list of objects.

    """
    if not isinstance(choices, list):
        raise ValueError("it has no list of choices")  # noqa: TRY004 - of data, not of an argument
    if not choices:
        return None
    if not isinstance(choices[0], dict):
        raise ValueError("its choice is no object")  # noqa: TRY004 - of data, not of an argument
    return choices[0]


def _finish(choice: dict[str, Any]) -> str | None:
    finish = choice.get("finish_reason")
    if finish is not None and not isinstance(finish, str):
        raise ValueError("its finish_reason is no text")
    return None if finish in RUNNING else finish


_OSS: Final = {"X-DashScope-OssResourceResolve": "enable"}


class Compatible:
    """Model Studio's OpenAI-compatible protocol."""

    path = "chat/completions"

    def headers(self, sound: Sound, *, stream: bool) -> dict[str, str]:
        """Return the headers; an ``oss://`` address needs one of its own."""
        accept = "text/event-stream" if stream else "application/json"
        return {"Content-Type": "application/json", "Accept": accept} | (_OSS if sound.stored else {})

    def body(self, model: str, sound: Sound, *, stream: bool) -> Body:
        """Return the body: one audio part and no text, which is all that the model takes."""
        return json_body(self._value(model, self.part(sound), stream=stream), sound)

    def part(self, sound: Sound) -> dict[str, Any]:
        """Return the part of the message that is the sound."""
        return {"type": "input_audio", "input_audio": {"data": sound.reference()}}

    def _value(self, model: str, part: dict[str, Any], *, stream: bool) -> dict[str, Any]:
        value: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": [part]}]}
        if stream:
            value |= {"stream": True, "stream_options": {"include_usage": True}}
        return value

    def piece(self, value: dict[str, Any]) -> Piece:
        """Read a completion or a chunk of one; the chunk with the usage has no choices."""
        choice = _first(value.get("choices"))
        usage = value.get("usage")
        tokens = None
        if isinstance(usage, dict):
            tokens = Tokens(
                _count(usage, "prompt_tokens"),
                _count(usage.get("prompt_tokens_details"), "audio_tokens"),
                _count(usage, "completion_tokens"),
            )
        if choice is None:
            return Piece(tokens=tokens)
        whole = "message" in choice
        message = choice.get("message") if whole else choice.get("delta")
        if message is not None and not isinstance(message, dict):
            raise ValueError("its message is no object")
        return Piece(_text((message or {}).get("content")), whole, _finish(choice), tokens)


class SelfHosted(Compatible):
    """vLLM and SGLang: the compatible protocol with the sound as ``audio_url``."""

    def body(self, model: str, sound: Sound, *, stream: bool) -> Body:
        """Return the body."""
        return json_body(
            self._value(model, self.part(sound), stream=stream), sound, media_type=sound.media_type
        )

    def part(self, sound: Sound) -> dict[str, Any]:
        """Return the part of the message that is the sound."""
        return {"type": "audio_url", "audio_url": {"url": sound.reference()}}


class Native:
    """Model Studio's native protocol.

    Args:
        incremental: Whether each event brings only the new words. Without it every event repeats all so far.

    """

    path = "services/aigc/multimodal-generation/generation"

    def __init__(self, *, incremental: bool = True) -> None:
        self.incremental = incremental

    def headers(self, sound: Sound, *, stream: bool) -> dict[str, str]:
        """Return the headers; here a header asks for the stream, and the body does not."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if stream:
            headers |= {"Accept": "text/event-stream", "X-DashScope-SSE": "enable"}
        return headers | (_OSS if sound.stored else {})

    def body(self, model: str, sound: Sound, *, stream: bool) -> Body:
        """Return the body."""
        value: dict[str, Any] = {
            "model": model,
            "input": {"messages": [{"role": "user", "content": [{"audio": sound.reference()}]}]},
            "parameters": {"incremental_output": True} if stream and self.incremental else {},
        }
        return json_body(value, sound, media_type=sound.media_type)

    def piece(self, value: dict[str, Any]) -> Piece:
        """Read an answer or an event of one; every event counts the tokens so far."""
        output = value.get("output")
        if not isinstance(output, dict):
            raise ValueError("it has no output")  # noqa: TRY004 - of data, not of an argument
        choice = _first(output.get("choices"))
        usage = value.get("usage")
        tokens = None
        if isinstance(usage, dict):
            # Older models put audio_tokens beside input_tokens.
            audio = _count(usage.get("input_tokens_details"), "audio_tokens") or _count(usage, "audio_tokens")
            tokens = Tokens(_count(usage, "input_tokens"), audio, _count(usage, "output_tokens"))
        if choice is None:
            return Piece(tokens=tokens)
        message = choice.get("message")
        if not isinstance(message, dict):
            raise ValueError("it has no message")  # noqa: TRY004 - of data, not of an argument
        return Piece(_text(message.get("content")), not self.incremental, _finish(choice), tokens)
