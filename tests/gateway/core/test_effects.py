"""A line of effects is read as it says, or refused with what is right."""

from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.effects import LONGEST_DELAY, NONE, Delay, EffectError, Effects, duration, parse
from ndxp.errors import Code, Reason


@pytest.mark.parametrize(
    ("text", "effects"),
    [
        ("delay=250ms", Effects(delay=Delay("fixed", 0.25))),
        ("delay=normal:2s:500ms", Effects(delay=Delay("normal", 2.0, 0.5))),
        ("delay=lognormal:1.5s:0.4, after", Effects(delay=Delay("lognormal", 1.5, 0.4), after=True)),
        ("delay=card-lookup", Effects(delay=Delay("lognormal", 1.73, 0.28))),
        ("code=UNAVAILABLE,retry_after=2s", Effects(code=Code.UNAVAILABLE, retry_after=2.0)),
        ("code=NOT_FOUND , reason=NO_SUCH_CARD", Effects(code=Code.NOT_FOUND, reason="NO_SUCH_CARD")),
        ("refuse=QUOTA_EXCEEDED", Effects(refuse=Reason.QUOTA_EXCEEDED)),
        ("lose", Effects(code=Code.UNAVAILABLE, after=True)),
        ("after, drop", Effects(drop=True, after=True)),
        ("duplicate,slow=100,skew=10m", Effects(duplicate=True, slow=100, skew=600.0)),
        ("stall=0", Effects(stall=0)),
        ("to=localhost:50051", Effects(to="localhost:50051")),
    ],
)
def test_a_line_of_effects_is_read(text: str, effects: Effects) -> None:
    assert parse(text) == effects


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no effect"),
        (" , ", "there is no effect"),
        ("dely=2s", "did you mean 'delay'?"),
        ("explode", "known effects: after"),
        ("delay=-1s", "is no time such as 250ms"),
        ("delay=0s", "not more than nothing"),
        ("delay=2h", "at most 3600 s"),
        ("delay=1,5s", "is no time"),
        ("delay=normal:2s", "is no delay"),
        ("delay=lognormal:2s:-1", "is no delay"),
        ("delay=weird:2s:1s", "is no delay"),
        ("code=UNAVAILBLE", "did you mean UNAVAILABLE?"),
        ("code=unavailable", "did you mean UNAVAILABLE?"),
        ("code=14", "is no status code"),
        ("code=OK", "is no status code of an error"),
        ("refuse=NO_LUCK", "is no reason"),
        ("refuse=GATEWAY_ONLY", "is no reason for which the gateway refuses"),
        ("refuse=FAULT_INJECTED", "is no reason"),
        ("reason=X", "belong to 'code'"),
        ("code=ABORTED,reason=x y", "is no reason such as"),
        ("retry_after=1s", "belong to 'code'"),
        ("code=ABORTED,drop", "a call ends once: 'code' and 'drop'"),
        ("lose,reset", "a call ends once"),
        ("cut,corrupt", "changed in one way"),
        ("drop,stall=1", "leaves no answer"),
        ("after", "there is none"),
        ("lose,after", "in any case"),
        ("drop=now", "takes no value"),
        ("drop,drop", "given twice"),
        ("stall=-1", "no whole number from 0"),
        ("slow=0", "no whole number from 1"),
        ("slow=fast", "no whole number"),
        ("to=unix:1", "is not host:port"),
        ("to=", "is not host:port"),
        ("delay=" + "9" * 300, "256 are allowed"),
    ],
)
def test_a_line_that_is_wrong_is_refused_with_what_is_right(text: str, why: str) -> None:
    with pytest.raises(EffectError, match=why.replace("?", r"\?")):
        parse(text)


def test_a_caller_may_not_choose_where_a_call_goes() -> None:
    with pytest.raises(EffectError, match="a caller may not choose"):
        parse("to=127.0.0.1:80", by_caller=True)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(EffectError):
        assert parse(text) != NONE


@pytest.mark.parametrize("text", ["normal:2s:500ms", "lognormal:1.5s:0.4", "card-lookup"])
def test_delays_are_drawn_around_their_middle_and_repeat_with_the_same_chance(text: str) -> None:
    delay = parse(f"delay={text}").delay
    assert delay is not None
    drawn = sorted(delay.seconds(Random(number)) for number in range(1001))
    assert 0.9 * delay.middle < drawn[500] < 1.1 * delay.middle
    assert all(0 <= seconds <= LONGEST_DELAY for seconds in drawn)
    assert delay.seconds(Random(7)) == delay.seconds(Random(7))


def test_real_card_lookups_take_one_to_three_seconds() -> None:
    delay = parse("delay=card-lookup").delay
    assert delay is not None
    drawn = [delay.seconds(Random(number)) for number in range(1000)]
    assert 930 <= sum(1 <= seconds <= 3 for seconds in drawn) <= 970


@pytest.mark.parametrize(("text", "seconds"), [("250ms", 0.25), ("2s", 2), ("1.5m", 90), ("1h", 3600)])
def test_a_time_has_a_unit(text: str, seconds: float) -> None:
    assert duration(text) == seconds
