"""Settings: every value keeps its origin, and a stranger's file may choose looks only."""

import pytest

from media_captioner.config import Settings, resolve
from media_captioner.config.schema import UNTRUSTED
from media_captioner.errors import ConfigError, UnknownSetting


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_defaults_need_nothing():
    resolved = resolve(environment={})
    assert resolved.settings == Settings()
    assert set(resolved.origins.values()) == {"default"}


def test_the_later_source_wins_and_every_value_says_where_it_comes_from(tmp_path):
    user = _write(
        tmp_path / "home/media-captioner/settings.toml", 'profile = "bbc"\nthreads = 3\nlanguage = "de"\n'
    )
    extra = _write(tmp_path / "extra.toml", 'profile = "dcmp"\nthreads = 4\n')
    _write(tmp_path / "media/.media-captioner.toml", 'language = "fr"\nprofile = "plain"\ntrack = 2\n')
    resolved = resolve(
        {"threads": 6, "language": None},
        config_file=extra,
        environment={"MEDIA_CAPTIONER_PROFILE": "youtube", "PATH": "/bin"},
        beside=tmp_path / "media",
    )
    settings = resolved.settings
    assert (settings.threads, settings.profile, settings.language, settings.track) == (6, "youtube", "de", 2)
    assert resolved.origins["threads"] == "command line"
    assert resolved.origins["profile"] == "MEDIA_CAPTIONER_PROFILE"
    assert resolved.origins["language"] == str(user)
    assert resolved.origins["track"].endswith(".media-captioner.toml")
    assert resolved.origins["force"] == "default"


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - UNTRUSTED))
def test_a_file_beside_the_media_may_not_set(tmp_path, name):
    _write(tmp_path / ".media-captioner.toml", f'{name} = "x"\n')
    with pytest.raises(ConfigError, match=f"Refused the setting {name}"):
        resolve(environment={}, beside=tmp_path)


def test_a_misspelt_setting_is_met_with_the_right_spelling(tmp_path):
    with pytest.raises(UnknownSetting) as unknown:
        resolve(config_file=_write(tmp_path / "s.toml", 'whisper_modle = "base"\n'), environment={})
    assert "whisper_model" in unknown.value.hint
    with pytest.raises(UnknownSetting, match="MEDIA_CAPTIONER_PROFIL"):
        resolve(environment={"MEDIA_CAPTIONER_PROFIL": "bbc"})


@pytest.mark.parametrize("name", ["EVENT", "COMMAND", "SIDECARS"])
def test_what_our_hooks_and_plugins_find_in_the_environment_is_no_misspelt_setting(name):
    """A command hook, and what the OpenTimelineIO plugin runs in, may start the program again."""
    assert resolve(environment={f"MEDIA_CAPTIONER_{name}": "x"}).settings == resolve(environment={}).settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("threads = -1", "threads"),
        ("segment_seconds = 4000", "segment_seconds"),
        ('overwrite = "perhaps"', "overwrite"),
        ('language = "not a language"', "language"),
        ("threads = [", "s.toml"),
        ("\x00", "s.toml"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_place(tmp_path, text, said):
    path = _write(tmp_path / "s.toml", text)
    with pytest.raises(ConfigError) as wrong:
        resolve(config_file=path, environment={})
    assert said in wrong.value.message
    assert str(path) in wrong.value.message


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ('formats = "vtt"', "formats = 'vtt' from FILE: it has to be a list in square brackets", "by format"),
        ('max_dollars = "lots"', "max_dollars = 'lots' from FILE: it has to be a number", "US dollars"),
        ("max_dollars = -1", "max_dollars = -1 from FILE: it has to be 0 or more", "US dollars"),
        ("max_tokens = 1.5", "max_tokens = 1.5 from FILE: it has to be a whole number", "tokens"),
        ('force = "maybe"', "force = 'maybe' from FILE: it has to be true or false", "again"),
        ('language = "german!"', "language = 'german!' from FILE: it has to be the tag of a", "BCP 47"),
        (
            'start_timecode = "1:2"',
            "start_timecode = '1:2' from FILE: it has to be written like 01:",
            "marker",
        ),
        ("formats = []", "formats = [] from FILE: it is empty", "by format"),
        (
            'formats = ["vtt", 3]',
            "formats = ['vtt', 3] from FILE: it has to be text in quotation",
            "by format",
        ),
        (
            '[[watch]]\nroots = "a"',
            "[[watch]] number 1 from FILE: root is missing",
            "It has roots; write root.",
        ),
        ("[[watch]]", "[[watch]] number 1 from FILE: root is missing", "The folder."),
        ('[watch]\nroot = "a"', "watch from FILE: it has to be a table of its own: [[watch]]", None),
        ('watch = ["a"]', "watch from FILE: it has to be a table of its own: [[watch]]", None),
        ('[[listen]]\nroots = ["a"]', "listen from FILE: it has to be a table of its own: [listen]", None),
        ('[profiles]\na = "bbc"', "profiles from FILE: it has to be a table of its own: [profiles.a]", None),
        (
            '[profiles.a]\nbaze = "bbc"',
            "baze in [profiles.a] from FILE: there is no such setting",
            "mean base?",
        ),
        (
            '[[hooks]]\ncommand = ["x"]\nevents = ["done"]',
            "events in [[hooks]] number 1 from FILE",
            "When it",
        ),
        ('[listen]\nurls = ["https://a.example/"]', "[listen] from FILE: urls need downloads", None),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_words_for_whoever_wrote_it(tmp_path, text, said, hint):
    path = _write(tmp_path / "s.toml", text)
    with pytest.raises(ConfigError) as wrong:
        resolve(config_file=path, environment={})
    assert wrong.value.message.startswith(f"Cannot use {said}".replace("FILE", str(path)))
    assert wrong.value.hint is None if hint is None else hint in wrong.value.hint


def test_a_misspelt_setting_of_a_watched_folder_is_met_with_the_right_spelling(tmp_path):
    path = _write(tmp_path / "s.toml", '[[watch]]\nroot = "a"\nexlude = ["b"]\n')
    with pytest.raises(UnknownSetting) as unknown:
        resolve(config_file=path, environment={})
    assert unknown.value.hint == "Did you mean exclude?"


def test_a_settings_file_of_a_gigabyte_is_not_read(tmp_path):
    path = tmp_path / "s.toml"
    with path.open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(ConfigError, match="larger than"):
        resolve(config_file=path, environment={})


def test_lists_in_the_environment_are_parted_by_commas():
    settings = resolve(
        environment={"MEDIA_CAPTIONER_FORMATS": "vtt, xmp", "MEDIA_CAPTIONER_TRACK": ""}
    ).settings
    assert settings.formats == ("vtt", "xmp")
    assert settings.track is None


def test_folders_in_a_settings_file_are_relative_to_it(tmp_path):
    path = _write(tmp_path / "conf/s.toml", 'out = "captions"\n')
    assert resolve(config_file=path, environment={}).settings.out == tmp_path / "conf/captions"


def test_every_setting_is_described():
    assert all(field.description for field in Settings.model_fields.values())
