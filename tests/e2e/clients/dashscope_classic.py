"""Drives the real DashScope SDK's classic interface against a server; prints what it got as JSON.

Run by test_foreign_clients.py in an environment of its own: BASE_URL, FAULT_URL, KEY and SOUND come as arguments.
The classic interface returns failures instead of raising them.
"""

import base64
import json
import sys
from itertools import pairwise
from pathlib import Path

import dashscope
from dashscope import MultiModalConversation
from dashscope.version import __version__

base, faults, key, sound = sys.argv[1:5]
data_url = "data:audio/wav;base64," + base64.b64encode(Path(sound).read_bytes()).decode()
model = "qwen3-omni-30b-a3b-captioner"
found = {"version": __version__}


def call(audio=data_url, *, server=base, api_key=key, name=model, count=1, **further):
    dashscope.base_http_api_url = f"{server}/api/v1"
    content = [{"audio": audio}] * count
    return MultiModalConversation.call(
        model=name, messages=[{"role": "user", "content": content}], api_key=api_key, **further
    )


def text(response):
    return "".join(part["text"] for part in response.output.choices[0].message.content)


def failed(response):
    return [response.status_code, response.code]


answer = call()
found["plain"] = {
    "text": text(answer),
    "finish": answer.output.choices[0].finish_reason,
    "audio_tokens": answer.usage["input_tokens_details"]["audio_tokens"],
}
events = list(call(stream=True, incremental_output=True))
found["incremental"] = {
    "text": "".join(map(text, events)),
    "finish": sorted({event.output.choices[0].finish_reason for event in events}),
    "last_content": events[-1].output.choices[0].message.content,
    "output_tokens": [event.usage["output_tokens"] for event in events][-2:],
}
events = list(call(stream=True, incremental_output=False))
texts = [text(event) for event in events]
found["cumulative"] = {"text": texts[-1], "grows": all(b.startswith(a) for a, b in pairwise(texts))}
found["file_path"] = text(call(f"file://{sound}"))
found["file_path_stream"] = "".join(map(text, call(f"file://{sound}", stream=True, incremental_output=True)))
found["errors"] = {
    "wrong key": failed(call(api_key="sk-wrong")),
    "wrong key, stream": [failed(event) for event in call(api_key="sk-wrong", stream=True)],
    "no such model": failed(call(name="qwen-turbo")),
    "two audios": failed(call(count=2)),
    "two audios, stream": [failed(event) for event in call(count=2, stream=True)],
    "empty": failed(call("data:audio/wav;base64,")),
    "bare base64": failed(call(data_url.split(",")[1])),
}
found["faults"] = {
    "rate": failed(call(server=faults)),
    "arrears": failed(call(server=faults)),
    "event-error": [failed(event) for event in call(server=faults, stream=True)],
}
print(json.dumps(found))
