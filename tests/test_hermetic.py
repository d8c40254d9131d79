"""No test can read or write what belongs to the user who runs it."""

import os
from pathlib import Path

import pytest

from tlbench.data.folders import cache_folder


def test_cache_of_tests_is_their_own():
    assert cache_folder().is_relative_to(os.environ["TLBENCH_TESTS_HOME"])


@pytest.mark.parametrize("folder", os.environ["TLBENCH_TESTS_CLOSED"].split(os.pathsep))
@pytest.mark.parametrize(
    "touch", [Path.read_bytes, Path.touch, Path.mkdir, Path.unlink], ids=lambda touch: touch.__name__
)
def test_folders_of_the_user_are_closed(folder, touch):
    with pytest.raises(RuntimeError, match="user's own folder"):
        touch(Path(folder, "x"))
