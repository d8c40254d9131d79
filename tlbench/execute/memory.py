"""How much memory this process held at most since it was last asked to forget; Linux knows, others do not."""

from __future__ import annotations

from pathlib import Path

_PROCESS = Path("/proc/self")


def reset_peak() -> None:
    """Let the peak start anew from what is held now; where that cannot be done the peak is that of the process."""
    try:
        (_PROCESS / "clear_refs").write_text("5")
    except OSError:
        return


def peak_bytes() -> int | None:
    """Return the peak of the resident memory in bytes; None where the system does not say."""
    try:
        status = (_PROCESS / "status").read_text()
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
