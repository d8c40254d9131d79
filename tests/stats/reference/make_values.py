"""Write values.csv, the made-up per-user values that reference.R and the tests read: 60 users, 3 seeds, 4 folds."""

from pathlib import Path

import numpy as np


def main() -> None:
    rng = np.random.Generator(np.random.PCG64(20260101))
    hard = rng.beta(1.0, 3.0, size=60)
    lines = ["user,fold,history,seed,candidate,control"]
    gain = rng.normal(0.03, 0.12, size=60) * (rng.random(60) < 0.7)
    history = rng.integers(1, 80, size=60)
    for seed, shift in enumerate((0.0, 0.012, -0.008)):
        for user in range(60):
            moved = gain[user] != 0
            control = round(min(max(hard[user] + 0.03 * rng.normal() * moved, 0.0), 1.0), 3)
            draw = control + gain[user] + shift + 0.04 * rng.normal()
            candidate = control if not moved else round(min(max(draw, 0.0), 1.0), 3)
            lines.append(f"u{user:02d},{user % 4},{history[user]},{seed},{candidate},{control}")
    Path(__file__).with_name("values.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
