"""Drives the real OpenAI SDK (1.x and later) against a server; prints what it got as JSON.

Run by test_foreign_clients.py in an environment of its own: BASE_URL, FAULT_URL, KEY and SOUND come as arguments.
"""

import asyncio
import base64
import json
import sys
from pathlib import Path

import openai

base, faults, key, sound = sys.argv[1:5]
bare = base64.b64encode(Path(sound).read_bytes()).decode()
model = "qwen3-omni-30b-a3b-captioner"
found = {"version": openai.__version__}


def client(path="/compatible-mode/v1", *, server=base, api_key=key, retries=0):
    return openai.OpenAI(api_key=api_key, base_url=server + path, max_retries=retries, timeout=30)


def messages(part=None, count=1):
    part = part or {"type": "input_audio", "input_audio": {"data": f"data:;base64,{bare}"}}
    return [{"role": "user", "content": [part] * count}]


def failure(call):
    """Return how a call fails, as the SDK's user sees it."""
    try:
        call()
    except openai.APIError as error:
        kind = type(error).__name__
        return [kind, getattr(error, "status_code", None), error.code]
    return None


def create(on=None, *, part=None, count=1, name=model, **further):
    return (on or client()).chat.completions.create(model=name, messages=messages(part, count), **further)


answer = create()
found["plain"] = {
    "text": answer.choices[0].message.content,
    "finish": answer.choices[0].finish_reason,
    "audio_tokens": answer.usage.prompt_tokens_details.audio_tokens,
    "id": answer.id,
}

chunks = list(create(stream=True, stream_options={"include_usage": True}))
found["stream"] = {
    "text": "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
    "finish": [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1],
    "usage": [chunk.usage.total_tokens for chunk in chunks if chunk.usage],
    "last_has_choices": bool(chunks[-1].choices),
    "chunks": len(chunks),
}
found["stream_without_usage"] = sum(chunk.usage is not None for chunk in create(stream=True))


async def asynchronous():
    on = openai.AsyncOpenAI(api_key=key, base_url=f"{base}/compatible-mode/v1", max_retries=0)
    async with on:
        stream = await on.chat.completions.create(model=model, messages=messages(), stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


found["async_stream"] = asyncio.run(asynchronous())

own = client("/v1")
found["vllm_audio_url"] = (
    create(own, part={"type": "audio_url", "audio_url": {"url": f"data:audio/wav;base64,{bare}"}})
    .choices[0]
    .message.content
)
found["vllm_input_audio"] = (
    create(own, part={"type": "input_audio", "input_audio": {"data": bare, "format": "wav"}})
    .choices[0]
    .message.content
)
found["models"] = [entry.id for entry in client().models.list()]

wrong = {"type": "input_audio", "input_audio": {"data": bare, "format": "wav"}}
found["errors"] = {
    "wrong key": failure(lambda: create(client(api_key="sk-wrong"))),
    "wrong key, stream": failure(lambda: list(create(client(api_key="sk-wrong"), stream=True))),
    "no such model": failure(lambda: create(name="gpt-4o")),
    "two audios": failure(lambda: create(count=2)),
    "two audios, stream": failure(lambda: list(create(count=2, stream=True))),
    "bare base64": failure(lambda: create(part=wrong)),
    "vllm, no such model": failure(lambda: create(own, part=wrong, name="x")),
}


def at_fault(**further):
    return failure(lambda: list(create(client(server=faults), stream=True, **further)))


# The fault server's script, in this order.
found["faults"] = {
    "rate": at_fault(),
    "tpm": at_fault(),
    "arrears": at_fault(),
    "server-error": at_fault(),
    "error-midway": at_fault(),
    "mixed": at_fault(),
    "comments": at_fault(),
    "no-done": at_fault(),
}
retried = create(client(server=faults, retries=2))  # rate, unavailable, ok
found["retried"] = retried.choices[0].message.content
print(json.dumps(found))
