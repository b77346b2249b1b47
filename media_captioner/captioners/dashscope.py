"""Qwen3-Omni-Captioner by Model Studio's native protocol."""

from __future__ import annotations

from media_captioner.captioners.dialects import Native
from media_captioner.captioners.openai_compatible import at_model_studio
from media_captioner.captioners.options import Options
from media_captioner.captioners.remote import RemoteCaptioner


def qwen_dashscope(options: Options) -> RemoteCaptioner:
    """Return Qwen3-Omni-Captioner at Model Studio, by the native protocol.

    Raises:
        SecretMissing: there is no key.
        ConfigError: the region or the address cannot be used.

    """
    # Without a stream nothing incremental is asked for, so events that come all the same repeat everything.
    dialect = Native(incremental=options.incremental and options.stream)
    return at_model_studio("qwen-dashscope", "native", dialect, options)
