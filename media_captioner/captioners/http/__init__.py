"""The only HTTP client.

What holds for every request to a service: redirects are not followed, the key goes to the origin it was set
for and nowhere else, answers are bounded after decompression, and every failure of the library below comes
out as an error of ours. Proxies are taken from the environment (``HTTPS_PROXY``, ``HTTP_PROXY``,
``ALL_PROXY``, ``NO_PROXY``), except for services on this machine, which are never reached through a proxy.
``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name further certificate authorities.
"""

from media_captioner.captioners.http.connection import Answer, Body, Connection, Timeouts
from media_captioner.captioners.http.fetching import Sink, fetch, fetch_public
from media_captioner.captioners.http.posting import Posted, post
from media_captioner.captioners.http.translation import translated
from media_captioner.captioners.http.user_agent import USER_AGENT

__all__ = [
    "USER_AGENT",
    "Answer",
    "Body",
    "Connection",
    "Posted",
    "Sink",
    "Timeouts",
    "fetch",
    "fetch_public",
    "post",
    "translated",
]
