"""Style guides as data: how much text, for how long, and in which dress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final, Literal

from media_captioner.errors import ConfigError, PluginError


@dataclass(frozen=True, slots=True)
class Profile:
    """The cue rules of one style guide.

    Attributes:
        name: What settings call it.
        source: Where its figures were read.
        max_chars: Characters in a line; a wide (East Asian) character counts two.
        max_lines: Lines in a cue.
        min_seconds: Shortest time a cue stays.
        max_seconds: Longest time a cue stays.
        max_cps: Characters a second that a reader must manage at most, spaces counted, line breaks not.
        aim_cps: Characters a second to aim for where there is room.
        gap_frames: Frames between two cues. Without a picture a frame counts as 1/24 s.
        sound: Dress of a sound; ``{}`` takes its words.
        music: Dress of music without words.
        lyrics: Dress of sung words.
        speaker: Dress of a speaker label before the words.
        capitals: Whether sounds and music are written in capitals.

    """

    name: str
    source: str
    max_chars: int = 42
    max_lines: int = 2
    min_seconds: Fraction = Fraction(5, 6)
    max_seconds: Fraction = Fraction(7)
    max_cps: Fraction = Fraction(20)
    aim_cps: Fraction = Fraction(17)
    gap_frames: int = 2
    sound: str = "[{}]"
    music: str = "♪ {} ♪"
    lyrics: str = "♪ {} ♪"
    speaker: str = "{}: "
    capitals: bool = False

    def gap_seconds(self, frame_rate: Fraction | None) -> Fraction:
        """Return the shortest time between two cues of a video at ``frame_rate`` frames per second."""
        return self.gap_frames / (frame_rate or Fraction(24))

    def dress(self, words: str, kind: Literal["sound", "music", "lyrics"]) -> str:
        """Return ``words`` as this guide writes a sound, music or lyrics."""
        pattern = {"sound": self.sound, "music": self.music, "lyrics": self.lyrics}[kind]
        return pattern.format(words.upper() if self.capitals and kind != "lyrics" else words)


PROFILES: Final[dict[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile(
            "netflix-en",
            "Netflix Timed Text Style Guide, General Requirements 1-5 (5/6 s to 7 s, 2 frames, 2 lines) and"
            " English (42 characters, 20 characters a second for adult programmes)",
        ),
        Profile(
            "bbc",
            "BBC Subtitle Guidelines: 37 characters (teletext width), 0.3 s a word at least, 160-180 words a"
            " minute (18 characters a second at six characters a word), sounds and labels in capitals, # for song",
            max_chars=37,
            min_seconds=Fraction(9, 10),
            max_cps=Fraction(18),
            aim_cps=Fraction(16),
            sound="{}",
            music="MUSIC: {}",
            lyrics="# {} #",
            capitals=True,
        ),
        Profile(
            "dcmp",
            "Captioning Guidelines for the DCMP: 32 characters, 2 s at least, 225 words a minute at most (22.5"
            " characters a second), 150-160 for adults; Captioning Key: sounds in brackets, lower case",
            max_chars=32,
            min_seconds=Fraction(2),
            max_cps=Fraction(45, 2),
            aim_cps=Fraction(16),
        ),
        Profile(
            "youtube",
            "No published limits beyond brackets for sounds and notes for music; widths of the Netflix guide",
            max_cps=Fraction(25),
        ),
        Profile(
            "plain",
            "No style guide: short lines, and text stays as long as it takes to read",
            max_seconds=Fraction(10),
            max_cps=Fraction(25),
            music="[{}]",
            lyrics="{}",
            gap_frames=0,
        ),
    )
}


def add(profile: Profile, *, plugin: str) -> None:
    """Add a style guide that a plugin registered, for the rest of the process.

    Args:
        profile: The style guide.
        plugin: Name of the plugin.

    Raises:
        PluginError: it is none, its figures make no sense, or its name is taken.

    """
    if (reason := _unfit(profile)) is not None:
        raise PluginError(
            f"Cannot use the profile {getattr(profile, 'name', profile)!r} of the plugin {plugin!r}: {reason}",
            plugin=plugin,
            hook="register_profiles",
        )
    PROFILES[profile.name] = profile


def derived(name: str, base: Profile, rules: Mapping[str, Any]) -> Profile:
    """Return a style guide of the user's own.

    Args:
        name: What settings call it.
        base: What it is like where ``rules`` say nothing.
        rules: Values by the name of an attribute of :class:`Profile`; seconds and speeds may be floats.

    Raises:
        ConfigError: its name is taken, or its figures make no sense.

    """
    given: dict[str, Any] = {
        rule: Fraction(str(value)) if rule in _EXACT else value for rule, value in rules.items()
    }
    if "max_cps" in given and "aim_cps" not in given:
        given["aim_cps"] = min(base.aim_cps, given["max_cps"])
    profile = replace(base, name=name, source=f"the settings, after {base.name}", **given)
    if (reason := _unfit(profile)) is not None:
        raise ConfigError(
            f"Cannot use the profile {name!r} of the settings: {reason}",
            hint=f"Change its [profiles.{name}] table.",
        )
    return profile


_EXACT: Final = frozenset({"min_seconds", "max_seconds", "max_cps", "aim_cps"})


def _unfit(profile: Any) -> str | None:
    name: Any = getattr(profile, "name", None)
    if not isinstance(profile, Profile) or not isinstance(name, str) or not name.strip():
        return "it is no Profile with a name"
    if name in PROFILES:
        return "that name is taken"
    try:
        if not (profile.max_chars >= 8 and profile.max_lines >= 1 and profile.gap_frames >= 0):
            return "no text fits into its lines"
        if not (0 < profile.min_seconds <= profile.max_seconds and 0 < profile.aim_cps <= profile.max_cps):
            return "its times leave no room for text"
        for pattern in (profile.sound, profile.music, profile.lyrics, profile.speaker):
            pattern.format("x")
    except (TypeError, AttributeError, ValueError, LookupError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def profile_named(name: str) -> Profile:
    """Return the profile called ``name``.

    Raises:
        ConfigError: there is none.

    """
    try:
        return PROFILES[name]
    except KeyError:
        raise ConfigError(
            f"Unknown profile {name!r}", hint=f"Profiles are: {', '.join(sorted(PROFILES))}."
        ) from None
