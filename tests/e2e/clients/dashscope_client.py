"""Drives the real DashScope SDK's 2.x Client against a server; prints what it got as JSON.

Run by test_foreign_clients.py in an environment of its own: BASE_URL, FAULT_URL, KEY and SOUND come as arguments.
"""

import base64
import json
import sys
from itertools import pairwise
from pathlib import Path

import dashscope
from dashscope.v2.errors import DashScopeError
from dashscope.version import __version__

base, faults, key, sound = sys.argv[1:5]
data_url = "data:;base64," + base64.b64encode(Path(sound).read_bytes()).decode()
bare = data_url.split(",")[1]
model = "qwen3-omni-30b-a3b-captioner"
found = {"version": __version__}


def client(*, server=base, api_key=key, retries=0, protocol="native", path="/api/v1"):
    return dashscope.Client(
        api_key=api_key, base_url=server + path, max_retries=retries, protocol=protocol, timeout=30
    )


def create(on=None, *, audio=None, count=1, name=model, **further):
    part = {"type": "audio", **(audio or {"url": data_url})}
    messages = [{"role": "user", "content": [part] * count}]
    return (on or client()).chat.completions.create(model=name, messages=messages, **further)


def failure(call):
    try:
        call()
    except DashScopeError as error:
        return [type(error).__name__, getattr(error, "status_code", None), getattr(error, "code", None)]
    return None


answer = create()
found["plain"] = {"text": answer.output_text, "input_tokens": answer.usage.input_tokens}
found["incremental"] = "".join(create(stream=True).text_stream)
cumulative = list(create(stream=True, incremental_output=False).text_stream)
found["cumulative"] = {
    "text": cumulative[-1],
    "grows": all(b.startswith(a) for a, b in pairwise(cumulative)),
}
found["inline"] = create(audio={"data": bare, "format": "wav"}).output_text
found["file_path"] = create(audio={"url": f"file://{sound}"}).output_text
compatible = client(protocol="openai", path="/compatible-mode/v1")
found["compatible"] = create(compatible).output_text
found["compatible_stream"] = "".join(create(compatible, stream=True).text_stream)
found["errors"] = {
    "wrong key": failure(lambda: create(client(api_key="sk-wrong"))),
    "no such model": failure(lambda: create(name="qwen-turbo")),
    "two audios": failure(lambda: create(count=2)),
    "two audios, stream": failure(lambda: list(create(count=2, stream=True))),
}
found["faults"] = {
    "rate": failure(lambda: create(client(server=faults))),
    "arrears": failure(lambda: create(client(server=faults))),
    "mixed": failure(lambda: create(client(server=faults))),
    "event-error": failure(lambda: list(create(client(server=faults), stream=True))),
}
found["retried"] = create(client(server=faults, retries=2)).output_text  # rate, unavailable, ok
print(json.dumps(found))
