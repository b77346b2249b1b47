"""Plugins are checked when they are loaded: what would fail later fails now, by name, and alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from media_captioner.errors import PluginError
from media_captioner.hooks.loading import HOOKS, VARIABLE, load, load_one

GOOD = "@hookimpl\ndef asset_done(event): pass"


def _refusal(point, **options):
    with pytest.raises(PluginError) as refused:
        load_one(point, **options)
    return refused.value.message


def test_a_module_an_object_and_a_class_can_be_plugins(write_plugin):
    points = [
        write_plugin(GOOD),
        write_plugin("class P:\n    @hookimpl\n    def asset_done(self, event): pass\np = P()", thing="p"),
        write_plugin("class P:\n    @hookimpl\n    def asset_done(self): pass", thing="P"),
    ]
    for point in points:
        plugin = load_one(point)
        assert set(plugin.functions) == {"asset_done"}
        plugin.functions["asset_done"](None)  # also where it asks for no argument


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "@hookimpl\ndef asset_done(path, files): pass",
            ["asset_done(path, files)", "asset_done(event: 'AssetDone')"],
        ),
        ("@hookimpl\ndef asset_don(event): pass", ["no hook 'asset_don'", "did you mean asset_done(event"]),
        ("@hookimpl\ndef zzz(event): pass", ["no hook 'zzz'", "segment_described"]),
        ("@hookimpl(wrapper=True)\ndef asset_done(event): yield", ["wrapper"]),
        ("def asset_done(event): pass", ["implements no hook", "@hookimpl"]),
        ("MEDIA_CAPTIONER_API = 99\n" + GOOD, ["needs version 99", "has version 1"]),
        ("raise ValueError('at import')", ["ValueError: at import"]),
        ("import sys\nsys.exit(3)", ["SystemExit: 3"]),
        ("raise KeyboardInterrupt", ["KeyboardInterrupt"]),
        ("def f(): f()\nf()", ["RecursionError"]),
        ("raise MemoryError", ["MemoryError"]),
        ("import no_such_module", ["no_such_module"]),
        ("raise TimeoutError('mine')", ["TimeoutError: mine"]),
    ],
)
def test_what_is_wrong_with_a_plugin_is_said_when_it_is_loaded(write_plugin, source, said):
    message = _refusal(write_plugin(source))
    for words in said:
        assert words in message


def test_one_that_never_finishes_its_import_is_left_behind(write_plugin):
    message = _refusal(write_plugin("import threading\nthreading.Event().wait()"), seconds=0.2)
    assert "not imported within 0.2 s" in message


def test_a_broken_one_keeps_nobody_else_from_being_loaded(write_plugin):
    points = [write_plugin("1 / 0", name="bad"), write_plugin(GOOD, name="good")]
    plugins, errors = load({}, points=points)
    assert [plugin.name for plugin in plugins] == ["good"]
    assert [error.plugin for error in errors] == ["bad"]


def test_the_environment_names_the_only_ones_to_load(write_plugin):
    points = [write_plugin(GOOD, name=name) for name in ("a", "b")]
    assert [plugin.name for plugin in load({}, points=points)[0]] == ["a", "b"]
    assert load({VARIABLE: ""}, points=points) == ([], [])
    plugins, errors = load({VARIABLE: "b, c"}, points=points)
    assert [plugin.name for plugin in plugins] == ["b"]
    assert ["'c'" in error.message for error in errors] == [True]


def test_of_two_with_one_name_the_first_stays(write_plugin):
    points = [write_plugin(GOOD, name="a"), write_plugin(GOOD, name="a")]
    plugins, errors = load({}, points=points)
    assert len(plugins) == 1
    assert "another package" in errors[0].message


def test_what_an_import_changes_for_all_is_put_back(write_plugin):
    before = Path.cwd()
    load_one(write_plugin("import os\nos.chdir('/')\nos.environ['X_PLUGIN'] = '1'\n" + GOOD))
    assert Path.cwd() == before
    assert "X_PLUGIN" not in os.environ


def test_every_hook_says_what_it_is_for():
    assert all(function.__doc__ for function in HOOKS.values())


def test_help_loads_no_plugins():
    """Whatever is installed, --help neither imports plugins nor what loads them."""
    code = (
        "import sys\nfrom media_captioner.cli.app import run\nrun(['--help'])\n"
        "assert 'media_captioner.hooks.loading' not in sys.modules\nassert 'pluggy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
