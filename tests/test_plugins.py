"""What other packages install is brought in by entry points, one group for each kind."""

import sys
from importlib.metadata import EntryPoint

import pytest

from tlbench import plugins


def test_an_installed_section_is_loaded(monkeypatch, tmp_path):
    (tmp_path / "made_section.py").write_text("loaded = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(plugins, "entry_points", lambda *, group: [EntryPoint("one", "made_section", group)])
    plugins.load_group("tlbench.sections")
    assert sys.modules.pop("made_section").loaded


@pytest.mark.parametrize("kind", ["methods", "placebos", "datasets", "metrics"])
def test_an_installed_entry_point_of_each_kind_is_loaded(monkeypatch, tmp_path, kind):
    (tmp_path / f"made_{kind}.py").write_text("loaded = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    asked = []

    def entry_points(*, group):
        asked.append(group)
        return [EntryPoint("one", f"made_{kind}", group)] if group == f"tlbench.{kind}" else []

    monkeypatch.setattr(plugins, "entry_points", entry_points)
    plugins.register_installed.__wrapped__()
    assert sys.modules.pop(f"made_{kind}").loaded
