"""The catalogue of sample calls: a file in it is an agency's part of demo, load test and drills."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ndxp.samples
from drills.crash.calls import Calls
from loadtest import calls, profiles
from loadtest.calls import Shape
from ndxp.samples import Sample, Turn, demos, samples
from ndxp.samples.sample import holder
from ndxp.world import World
from ndxp.world.registers.candidates import Candidates
from ndxp.world.registers.vehicles import Vehicles

WORLD = World()
MEMBER = "VN/GOV/H26/one-stop"
DROPPED_IN = """
from ndxp.access_log.v1 import access_log_pb2 as pb
from ndxp.samples.sample import Demo, Sample

_COUNT = Sample(
    name="count-accesses",
    method=pb.DESCRIPTOR.services_by_name["AccessLogService"].methods_by_name["CountAccesses"],
    make=lambda turn: [pb.CountAccessesRequest()],
    yes=lambda answer: answer.total > 0,
    expected=True,
    drills=1000,
)
SAMPLES = (_COUNT,)
DEMO = Demo(
    title="Accesses", progress="Accesses", provider="VN/GOV/G01/lands", callers=("provinces/one-stop",), calls=3,
    parts=((_COUNT, 1),),
)
"""


@pytest.fixture
def lands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The catalogue with the file of one more agency, for which no other file was edited."""
    file = tmp_path / "lands.py"
    file.write_text(DROPPED_IN, encoding="utf-8")
    monkeypatch.setattr(ndxp.samples, "__path__", [*ndxp.samples.__path__, str(tmp_path)])
    samples.cache_clear()
    yield file
    samples.cache_clear()
    sys.modules.pop("ndxp.samples.lands", None)


def test_a_call_about_a_register_is_about_somebody_who_is_in_it() -> None:
    child = WORLD.persona("child").citizen
    holders = [holder(Turn(WORLD, citizen, 0, MEMBER), Vehicles) for citizen in (child, *WORLD.sample(20))]
    assert all(plate == WORLD.identifier(Vehicles, owner.number) for owner, plate in holders)
    owner, plate = holders[0]
    assert holder(Turn(WORLD, owner, 0, MEMBER), Vehicles) == (owner, plate)


def test_nobody_can_be_asked_about_in_a_register_without_anybody() -> None:
    lonely = World(population=1)
    [somebody] = lonely.sample(1)
    with pytest.raises(ValueError, match="nobody in this world of 1 people is in the register 'candidate'"):
        holder(Turn(lonely, somebody, 0, MEMBER), Candidates)


@pytest.mark.parametrize("sample", samples().values(), ids=lambda sample: sample.name)
def test_a_sample_makes_requests_of_its_method(sample: Sample) -> None:
    someone = next(citizen for citizen in WORLD.sample(1000, alive=True) if sample.suits(citizen))
    for turn in range(20):
        requests = sample.make(Turn(WORLD, someone, turn, MEMBER))
        assert {request.DESCRIPTOR for request in requests} == {sample.method.input_type}
        assert sample.method.client_streaming or len(requests) == 1


def test_an_answer_is_right_when_it_is_what_the_nation_demands() -> None:
    matching, differing = samples()["verify-matched"], samples()["verify-differing"]
    answer: Any = matching.answer
    assert [matching.right(answer(matched=matched)) for matched in (True, False)] == [True, False]
    assert [differing.right(answer(matched=matched)) for matched in (True, False)] == [False, True]


def test_an_agency_that_is_dropped_in_is_a_kind_of_call_that_profiles_can_name(lands: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("rate: 5\nmix:\n  count-accesses: {members: [provinces/one-stop]}\n", encoding="utf-8")
    prepared, *_ = calls.ring(profiles.load(str(own)), {"count-accesses": [MEMBER]}, seed=1, slot=0)
    assert (prepared.series, prepared.shape) == ("AccessLogService/CountAccesses", Shape.UNARY)
    assert prepared.right is not None
    answer: Any = prepared.response
    assert [prepared.right(answer(total=total)) for total in (1, 0)] == [True, False]


def test_an_agency_that_is_dropped_in_takes_part_in_the_demo_and_in_the_drills(lands: Path) -> None:
    assert [demo.provider for demo in demos()][-1] == "VN/GOV/G01/lands"
    paths = []

    class Channel:
        def unary_unary(self, path: str, **_: Any) -> None:
            paths.append(path)

        stream_stream = unary_unary

    channel: Any = Channel()
    drawn = Calls("a seed")
    for _ in range(10):
        drawn.draw(channel)
    assert "/ndxp.access_log.v1.AccessLogService/CountAccesses" in paths


def test_two_samples_of_one_name_are_told(lands: Path) -> None:
    lands.write_text(DROPPED_IN.replace("count-accesses", "get-card"), encoding="utf-8")
    with pytest.raises(ValueError, match="there is a sample call 'get-card' already"):
        samples()


@pytest.mark.parametrize("demo", demos(), ids=lambda demo: demo.title)
def test_a_part_of_the_demo_loses_no_call_when_it_is_split(demo: Any) -> None:
    for number in (1, 10, random.Random(1).randrange(10**6)):
        assert sum(demo.split(number)) == number
