"""Kernels: compiled at the first call, with those that they name, and the time of that apart."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from tlbench.kernels import Kernel, compile_seconds, compiled_at_first_call

jit = compiled_at_first_call()


@jit
def doubled(value: float) -> float:
    return 2 * value


@jit
def doubled_twice(value: float) -> float:
    return doubled(doubled(value))


@compiled_at_first_call(divides_by_zero=True)
def ratio(part: float, whole: float) -> float:
    return part / whole


def test_a_kernel_compiles_what_it_names_and_calls_it():
    before = compile_seconds()
    assert doubled_twice(3.0) == 12
    assert compile_seconds() >= before
    assert not isinstance(globals()["doubled"], Kernel)


def test_a_kernel_is_compiled_once_for_a_type_and_counted_in_seconds_then(tmp_path):
    code = "import tlbench.methods._kernels_als as k, numpy as np; from tlbench.kernels import compile_seconds as s\n"
    code += "a = np.ones(3, np.float32); assert s() == 0; k.dot(a, a); once = s(); k.dot(a, a)\n"
    code += "print(once > 0, s() == once)"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["True", "True"]


def test_options_reach_the_compiler():
    assert np.isinf(ratio(1.0, 0.0))


def test_registering_all_methods_imports_no_compiler():
    code = "import sys; from tlbench.plugins import register_all; register_all(); print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
