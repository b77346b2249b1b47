"""The door for other people's programs: signed requests to caption a file or an address."""

from media_captioner.listen.door import PORT, Door, open_door
from media_captioner.listen.places import Places
from media_captioner.listen.register import Register, default_register
from media_captioner.listen.signatures import Secrets
from media_captioner.listen.work import Worker

__all__ = ["PORT", "Door", "Places", "Register", "Secrets", "Worker", "default_register", "open_door"]
