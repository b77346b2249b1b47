"""The commands: what they need, what they refuse, what a settings file may say."""

import pytest
from click.testing import CliRunner

from media_captioner.cli.app import cli
from media_captioner.config import resolve
from media_captioner.errors import ConfigError


@pytest.mark.parametrize(
    "command", ["init", "work", "status", "drain", "submit /a", "cancel --all", "retry --failed"]
)
def test_several_machines_without_a_database_are_refused(command, monkeypatch, tmp_path):
    monkeypatch.delenv("MEDIA_CAPTIONER_DATABASE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    result = CliRunner().invoke(cli, ["fleet", *command.split()])
    assert isinstance(result.exception, ConfigError)
    assert "cannot share a journal in a file" in result.exception.message
    assert "MEDIA_CAPTIONER_DATABASE" in result.exception.hint


def test_commands_that_could_mean_everything_want_to_be_told(monkeypatch):
    monkeypatch.setenv("MEDIA_CAPTIONER_DATABASE", "postgresql://nowhere/none")
    for command in (["submit"], ["work", "--only-tagged"], ["submit", ""], ["cancel", ""], ["retry", ""]):
        assert CliRunner().invoke(cli, ["fleet", *command]).exit_code == 2


@pytest.mark.parametrize(
    "address", ["postgresql://me:secret@host/name", "host=db password=secret", "host=db Password = secret"]
)
def test_an_address_with_a_password_does_not_stand_in_a_file(address, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text(f'database = "{address}"')
    with pytest.raises(ConfigError, match="holds a password"):
        resolve(config_file=file, environment={})


def test_an_address_is_never_shown(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('database = "postgresql://me@host/name"')
    settings = resolve(config_file=file, environment={}).settings
    assert settings.database.reveal() == "postgresql://me@host/name"
    assert "host/name" not in settings.model_dump_json() + repr(settings)
    secret = resolve(environment={"MEDIA_CAPTIONER_DATABASE": "postgresql://me:pw@host/name"}).settings
    assert "pw@host" not in repr(secret)
