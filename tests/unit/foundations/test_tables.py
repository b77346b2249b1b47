"""Tables of the settings file: hooks, webhooks, watched folders, and who may ask. A stranger's file has none."""

import pytest

from media_captioner.config import resolve, settings_below
from media_captioner.errors import ConfigError, UnknownSetting

HOOK = '[[hooks]]\ncommand = ["/bin/true"]\n'
WEBHOOK = '[[webhooks]]\nurl = "https://hooks.example/in"\nsecret_files = ["hook.key"]\n'
WATCH = '[[watch]]\nroot = "in"\n'
LISTEN = '[listen]\nroots = ["in"]\n'


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))


def _resolve(tmp_path, text):
    path = tmp_path / "s.toml"
    path.write_text(text)
    return resolve(config_file=path, environment={}).settings


@pytest.mark.parametrize("text", [HOOK, WEBHOOK, WATCH, LISTEN])
def test_a_file_beside_the_media_has_no_tables(tmp_path, text):
    (tmp_path / ".media-captioner.toml").write_text(text)
    with pytest.raises(ConfigError, match="beside the media may not set it"):
        resolve(environment={}, beside=tmp_path)


@pytest.mark.parametrize("name", ["HOOKS", "WEBHOOKS", "WATCH", "LISTEN"])
def test_the_environment_has_no_tables(name):
    with pytest.raises(ConfigError, match="a table of the settings file"):
        resolve(environment={f"MEDIA_CAPTIONER_{name}": "[]"})


def test_paths_are_relative_to_the_file(tmp_path):
    settings = _resolve(tmp_path, HOOK + WEBHOOK + WATCH + 'out = "~/captions"\n' + LISTEN)
    assert settings.webhooks[0].secret_files == (tmp_path / "hook.key",)
    assert settings.watch[0].root == tmp_path / "in"
    assert settings.listen.roots == (tmp_path / "in",)
    assert settings.watch[0].settings["out"].is_absolute()


def test_a_program_is_on_the_path_or_lies_beside_the_file_or_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    path = tmp_path / "s.toml"
    for written, found in (
        ("tell", "tell"),
        ("./tell", str(tmp_path / "tell")),
        ("~/bin/tell", "/home/me/bin/tell"),
        ("/usr/bin/tell", "/usr/bin/tell"),
    ):
        path.write_text(f'[[hooks]]\ncommand = ["{written}", "./as it is"]\n')
        [hook] = resolve(config_file=path, environment={}).settings.hooks
        assert hook.command == (found, "./as it is")


def test_settings_in_the_table_of_a_folder_hold_below_it(tmp_path):
    settings = _resolve(
        tmp_path,
        'profile = "dcmp"\nlanguage = "fr"\n'
        + WATCH
        + 'profile = "bbc"\nformats = ["vtt", "srt"]\npriority = 5\n',
    )
    [root] = settings.watch
    below = settings_below(root, settings)
    assert (below.profile, below.formats, below.language) == ("bbc", ("vtt", "srt"), "fr")
    assert (settings.profile, root.priority) == ("dcmp", 5)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (WATCH + "threads = -1\n", ConfigError, "threads"),
        (WATCH + 'profil = "bbc"\n', UnknownSetting, "profil"),
        (WATCH + "offline = true\n", ConfigError, "holds for everything"),
        (WATCH + 'api_key = "x"\n', ConfigError, "holds for everything"),
        (WATCH + 'quiet_hours = ["8-18"]\n', ConfigError, "08:00-18:30"),
        (WATCH + 'quiet_hours = ["08:00-24:30"]\n', ConfigError, "no span"),
        (WEBHOOK.replace("https", "http"), ConfigError, "only https"),
        (WEBHOOK.replace("hooks.example", "u:p@hooks.example"), ConfigError, "without a name or password"),
        (WEBHOOK + 'events = ["asset.eaten"]\n', ConfigError, "webhooks"),
        (HOOK.replace('["/bin/true"]', '"rm -rf /"'), ConfigError, "hooks"),
        (HOOK + "shell = true\n", ConfigError, "hooks"),
        (LISTEN + 'urls = ["https://files.example"]\n', ConfigError, "inbox"),
    ],
)
def test_what_cannot_be_used_is_refused_when_the_file_is_read(tmp_path, text, kind, said):
    with pytest.raises(kind) as refused:
        _resolve(tmp_path, text)
    assert said in f"{refused.value.message} {refused.value.hint}"


def test_plain_http_needs_permission(tmp_path):
    settings = _resolve(tmp_path, WEBHOOK.replace("https", "http") + "private = true\n")
    assert settings.webhooks[0].private


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WATCH + WATCH + 'quiet_hours = ["25:00-26:00"]\n', "quiet_hours in [[watch]] number 2 from"),
        (HOOK + "seconds = -1\n", "seconds in [[hooks]] number 1 from"),
        (LISTEN + "at_once = 0\n", "at_once in [listen] from"),
        (
            '[[webhooks]]\nurl = "http://hooks.example/in"\nsecret_files = ["k"]\n',
            "[[webhooks]] number 1 from",
        ),
    ],
)
def test_a_mistake_in_a_table_is_told_with_its_place(tmp_path, text, said):
    with pytest.raises(ConfigError) as raised:
        _resolve(tmp_path, text)
    assert raised.value.message.startswith(f"Cannot use {said} {tmp_path / 's.toml'}: ")
    assert "Value error" not in raised.value.message
