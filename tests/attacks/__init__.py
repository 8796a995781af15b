"""Hostile submissions by family. Data only; ``tests/test_attacks.py`` grades them."""

from __future__ import annotations

from . import ending, floods, forging, hooks, patching, spying, staying
from .model import Attack

FAMILIES: dict[str, tuple[Attack, ...]] = {
    module.__name__.split(".")[-1]: module.ATTACKS
    for module in (patching, hooks, ending, floods, spying, staying, forging)
}
ATTACKS: dict[str, Attack] = {
    attack.name: attack for attacks in FAMILIES.values() for attack in attacks
}
