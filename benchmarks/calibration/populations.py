"""Populations of per-user values in which the truth is known, made from real ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Population:
    """Users to draw from with replacement.

    `control` and `difference` are float64, shape (N,); with `exchangeable` every drawn user's difference gets a random
    sign, which makes the two sides exchangeable, and `gain` is the chance above one half that the sign is +.
    """

    control: np.ndarray
    difference: np.ndarray
    exchangeable: bool
    gain: float = 0.0

    @property
    def truth(self) -> float:
        """Mean difference of the population."""
        return float(np.abs(self.difference).mean() * 2 * self.gain if self.exchangeable else self.difference.mean())

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw differences and the control's values of n users."""
        users = rng.integers(0, len(self.difference), n)
        difference = self.difference[users]
        if self.exchangeable:
            difference = np.abs(difference) * np.where(rng.random(n) < 0.5 + self.gain, 1.0, -1.0)
        return difference, self.control[users]


def exchangeable(candidate: np.ndarray, control: np.ndarray) -> Population:
    """First null: each user's two values could as well be swapped; all tests should hold their level."""
    return Population(control, candidate - control, True)


def planted(candidate: np.ndarray, control: np.ndarray, share: float) -> Population:
    """A gain of `share` of the control's mean, by making gains a little more frequent than losses."""
    difference = candidate - control
    return Population(control, difference, True, share * float(control.mean()) / (2 * float(np.abs(difference).mean())))


def equal_means(candidate: np.ndarray, control: np.ndarray) -> Population:
    """Second null: the means are equal, the shapes are not.

    The real gains are made larger or smaller by one factor until they add up to the real losses: few users who gain
    much stand against many who lose a little, or the other way round, and users without a difference stay so.
    """
    difference = candidate - control
    gains, losses = difference[difference > 0].sum(), -difference[difference < 0].sum()
    return Population(control, np.where(difference > 0, difference * (losses / gains), difference), False)


def as_they_are(candidate: np.ndarray, control: np.ndarray) -> Population:
    """The real differences; the truth is their mean."""
    return Population(control, candidate - control, False)
