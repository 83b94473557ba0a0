"""The list of effects for people has what the gateway reads, and nothing else."""

import re

import pytest

from gateway.core import effects
from ndxp.faults.effects import EFFECTS, Effect

BESIDE = {"reason": "code=ABORTED, ", "retry_after": "code=ABORTED, ", "after": "drop, "}
"""What an effect belongs to that cannot be alone."""


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.name)
def test_every_listed_effect_is_read_as_it_is_written(effect: Effect) -> None:
    assert effect.name in effects.parse(BESIDE.get(effect.name, "") + effect.form).words


def test_every_effect_that_is_read_is_listed() -> None:
    with pytest.raises(effects.EffectError) as refused:
        effects.parse("zzzzzz")
    known = str(refused.value).partition("known effects: ")[2].split(", ")
    assert sorted(effect.name for effect in EFFECTS) == known


def test_every_delay_that_is_told_is_one() -> None:
    [delay] = [effect for effect in EFFECTS if effect.name == "delay"]
    shapes = re.findall(r"normal:\S+|lognormal:\S+|card-lookup", delay.meaning)
    assert len(shapes) == 3
    for shape in shapes:
        assert effects.parse(f"delay={shape}").delay is not None
