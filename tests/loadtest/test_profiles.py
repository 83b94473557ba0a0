"""What a profile says, and what it may not say."""

import math
import re
from pathlib import Path

import pytest

from loadtest import profiles, slo
from loadtest.calls import shares
from loadtest.profiles import BadProfile

GOOD = """
title: A test
sources: [nobody]
arrivals: constant
duration: 10
rate: 5
mix:
  get-card: {weight: 1, members: [provinces/hospital]}
deadline: 1
max_in_flight: 10
channels: 1
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


@pytest.mark.parametrize("name", profiles.names())
def test_every_packaged_profile_is_complete(name: str) -> None:
    profile = profiles.load(name)
    assert profile.name == name
    assert profile.sources
    slo.check(profile.slo)


@pytest.mark.parametrize(
    ("name", "a_day"),
    [("ndxp-2022", 1.9e6), ("ndxp-average", 1.9e6), ("ndxp-peak", 19e6), ("ndxp-2024", 2.8e6), ("estonia", 21.27e6)],
)
def test_rates_are_the_reported_ones(name: str, a_day: float) -> None:
    assert (profiles.load(name).mean_rate or 0) * 86400 == pytest.approx(a_day, rel=0.005)


@pytest.mark.parametrize("name", profiles.names())
def test_verifications_are_split_as_reported(name: str) -> None:
    split = shares({kind: call.weight for kind, call in profiles.load(name).mix.items()}, 1_000_000)
    verifications = split["verify-matched"] + split["verify-differing"]
    assert split["verify-matched"] / verifications == pytest.approx(604_825_046 / 1_014_473_517, abs=0.0001)


def test_over_http_streams_are_left_out_and_said_and_the_rate_stays() -> None:
    plain, variant = profiles.load("ndxp-average"), profiles.load("ndxp-average", http=True)
    left_out = {"batch-verify", "watch-changes", "upload-changes"}
    assert plain.mix.keys() - variant.mix.keys() == left_out
    assert (variant.name, variant.mean_rate, variant.sources) == ("ndxp-average-http", plain.mean_rate, plain.sources)
    assert variant.title.startswith(f"{plain.title}; over HTTP in JSON, without its streams (")
    assert all(kind in variant.title for kind in left_out)
    assert variant.slo == plain.slo


def test_over_http_objectives_about_streams_alone_go_with_them(written: Path) -> None:
    slow = "slo: {services: {PopulationService/WatchChanges: {p99_ms: 1}, HealthInsuranceService: {p99_ms: 2}}}"
    watch = "mix:\n  watch-changes: {weight: 1, members: [provinces/one-stop]}\n"
    written.write_text(GOOD.replace("mix:\n", watch) + slow, encoding="utf-8")
    assert profiles.load(str(written), http=True).slo["services"] == {"HealthInsuranceService": {"p99_ms": 2}}
    written.write_text(GOOD.replace("get-card:", "watch-changes:"), encoding="utf-8")
    with pytest.raises(BadProfile, match=r"mine over HTTP, without its streams \(watch-changes\): the weights"):
        profiles.load(str(written), http=True)


def test_a_day_in_ten_minutes_keeps_its_rates() -> None:
    curve = profiles.load("ndxp-2022").schedule(compress=144)
    assert curve.duration == 600
    assert max(rate for _, rate in curve.points) == 43.86


def test_the_evening_peak_is_before_23_hours() -> None:
    curve = profiles.load("ndxp-2022").schedule()
    assert max(range(18 * 3600, 86400, 60), key=curve.rate) == pytest.approx(22.75 * 3600)


def test_a_month_end_is_a_larger_day() -> None:
    assert profiles.load("ndxp-2022@month-end").mean_rate == pytest.approx(1.6 * 21.99, rel=0.001)


def test_a_day_may_change_the_weights_of_calls_too(written: Path) -> None:
    written.write_text(GOOD + "factors: {season: {rate: 2, get-card: 3}}\n", encoding="utf-8")
    usual, season = profiles.load(str(written)), profiles.load(f"{written}@season")
    assert (season.rate, season.mix["get-card"].weight) == (10, 3 * usual.mix["get-card"].weight)
    assert season.title == "A test (season: 2 times, get-card 3 times)"


STAGES = "stages: {end: [5, 10]}\n"


@pytest.mark.parametrize(
    ("times", "complaint"),
    [
        ("-1", "`mix.get-card.during` says how many times the weight: 0 or more"),
        (".inf", "`mix.get-card.during` says how many times the weight: 0 or more"),
        ("0", "at second 5 every call of the mix has the weight 0"),
    ],
)
def test_a_weight_in_a_stage_that_cannot_be_followed_is_named(written: Path, times: str, complaint: str) -> None:
    written.write_text(GOOD.replace("weight: 1,", f"weight: 1, during: {{end: {times}}},") + STAGES, encoding="utf-8")
    with pytest.raises(BadProfile, match=complaint):
        profiles.load(str(written))


def test_a_rate_sets_the_mean_and_a_duration_the_length() -> None:
    assert profiles.load("ndxp-2022").schedule(rate=44).total == pytest.approx(44 * 86400)
    assert profiles.load("ndxp-average").schedule(rate=7, duration=100).total == pytest.approx(700)
    assert profiles.load("ndxp-2022").schedule(compress=144, duration=60).duration == 60


def test_stages_shrink_with_the_day() -> None:
    assert profiles.load("ndxp-2022").stage_times(144)["evening"] == (512.5, 575)


def test_capacity_asks_for_a_rate() -> None:
    with pytest.raises(BadProfile, match="capacity has no rate of its own: give one with --rate"):
        profiles.load("capacity").schedule()
    assert profiles.load("capacity").schedule(rate=300, duration=2).total == 600


@pytest.mark.parametrize(("rate", "duration"), [(1e308, 60), (1e300, 1e300), (5, 1e15)])
def test_more_calls_than_can_be_counted_are_refused(rate: float, duration: float) -> None:
    with pytest.raises(BadProfile, match="ndxp-average would send .* calls: lower the rate, or the duration"):
        profiles.load("ndxp-average").schedule(rate=rate, duration=duration)


@pytest.mark.parametrize("varied", [{"rate": 0.01, "duration": 5}, {"compress": 1e9}, {"compress": math.inf}])
def test_a_run_without_a_single_call_is_refused(varied: dict[str, float]) -> None:
    with pytest.raises(BadProfile, match="ndxp-average would send no call: raise the rate, or the duration"):
        profiles.load("ndxp-average").schedule(**varied)


def test_a_file_works_as_well(written: Path) -> None:
    written.write_text(GOOD, encoding="utf-8")
    assert profiles.load(str(written)).name == "mine"


def test_everything_but_the_mix_has_a_default(written: Path) -> None:
    written.write_text("mix: {get-card: {members: [provinces/hospital]}}", encoding="utf-8")
    profile = profiles.load(str(written))
    assert (profile.title, profile.sources, profile.arrivals) == ("mine", [], "poisson")
    assert (profile.rate, profile.duration, profile.deadline) == (10, 60, 5)
    assert (profile.max_in_flight, profile.channels, profile.mix["get-card"].weight) == (1000, 8, 1)
    assert profile.objectives == {"overall": {"error_share": 0.001, "dropped_share": 0, "achieved_share": 0.99}}


def test_a_curve_lasts_as_long_as_it_is(written: Path) -> None:
    written.write_text("{curve: [[0, 1], [30, 5]], mix: {get-card: {members: [provinces/hospital]}}}", encoding="utf-8")
    assert profiles.load(str(written)).schedule().duration == 30


def test_a_call_of_ones_own_and_single_subsystems_are_taken(written: Path) -> None:
    written.write_text(
        "mix: {mine: {members: [VN/GOV/H26/one-stop, 'VN:GOV:000.00.00.H01:one-stop'], method: own.v1.Things/Get,"
        " request: {id: $id, price: 5$$}}}\nslo: {services: {Things/Get: {p99_ms: 5}, Things: {p50_ms: 1}}}",
        encoding="utf-8",
    )
    call = profiles.load(str(written)).mix["mine"]
    assert (call.series("mine"), call.purpose) == ("Things/Get", "load test")


def test_the_guides_examples_are_taken(tmp_path: Path) -> None:
    guide = Path(__file__).parents[2] / "docs" / "guides" / "load-test.md"
    objectives, own = re.findall(r"```yaml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    for name, text in (("own.yaml", own), ("slo.yaml", objectives)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert profiles.load(str(tmp_path / "own.yaml")).mix["verify"].weight == 3
    assert "evening" in profiles.load("ndxp-2022", tmp_path / "slo.yaml").slo["stages"]


def test_an_unknown_profile_is_told_with_those_that_there_are() -> None:
    with pytest.raises(
        BadProfile, match="there is no profile 'nope'; there are: busy-month, capacity, .*ndxp-peak; a pa"
    ):
        profiles.load("nope")


def test_a_title_that_looks_like_a_date_is_a_text(written: Path) -> None:
    written.write_text(GOOD.replace("A test", "2026-99-99"), encoding="utf-8")
    assert profiles.load(str(written)).title == "2026-99-99"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("rate: 5", "rate: fast"), r"mine.yaml: Expected `float \| null`, got `str` - at `\$.rate`"),
        (("rate: 5", "speed: 5"), r"mine.yaml: Object contains unknown field `speed`; it has: name, title, sources"),
        (("weight: 1,", "wieght: 1,"), r"unknown field `wieght`.*; it has: weight, members, method, request"),
        (("get-card:", "get-crad:"), r"mine.yaml: `mix.get-crad` is no kind of call: name one of verify-matched, .*"),
        (("weight: 1,", "weight: 1, method: a.B/C,"), "`mix.get-card` is a kind of call already"),
        (("weight: 1,", "request: {number: 1},"), "`mix.get-card` has a `request` or a `provider`, and no `method`"),
        (("get-card: {", "own: {method: CheckIn, "), "`mix.own.method` must be package.Service/Method"),
        (
            ("get-card: {", "own: {method: a.B/C, purpose: điều trị, "),
            "`mix.own`: `provider` and `purpose` must be ASC",
        ),
        (
            ("get-card: {", "own: {method: a.B/C, request: {name: $nane}, "),
            r"`mix.own.request`: there is no \$nane; there are: \$number, \$full_name",
        ),
        (("get-card: {", "own: {method: a.B/C, request: [{fee: 5$}], "), r"'5\$' has a \$ without a name behind it"),
        (("rate: 5", "slo: {services: {Card: {}}}"), "slo.services: the profile has no Card; it has: HealthInsurance"),
        (("rate: 5", "slo: {stages: {evening: {}}}"), "slo.stages: the profile has no evening; it has: none"),
        (("rate: 5", "rate: null\nslo: {overall: {p99: 5}}"), "slo.overall has no p99; it has: p50_ms, p99_ms"),
        (("weight: 1,", "weight: -1,"), "the weights of `mix` must be 0 or more"),
        (("weight: 1,", "weight: .nan,"), "weights and the points of `curve` must be finite numbers"),
        (("duration: 10", "duration: .inf"), "`duration`, `deadline`, `max_in_flight` and `channels` must be above 0"),
        (("provinces/hospital", "hospitals"), "`mix.get-card.members` must list groups with a subsystem"),
        (("rate: 5", "rate: 0"), "`rate` must be above 0"),
        (("rate: 5", "curve: [[0, 1], [9, 1]]"), r"from second 0 to `duration` \(10\)"),
        (("rate: 5", "rate: 5\nslo: {overall: {p98_ms: 1}}"), "slo.overall has no p98_ms"),
        (("title: A test", "title: [A test"), "mine.yaml: line 3: no valid YAML"),
        (("rate: 5", "rate: 5\nrate: 6"), "mine.yaml: line 7: the key 'rate' is in line 6 already; one would be lost"),
        (("duration: 10", f"duration: {'9' * 5000}"), "mine.yaml: a value in it is none"),
        (("duration: 10", "duration: !!bool ten"), "mine.yaml: a value in it is none"),
        (("duration: 10", "duration: !!timestamp ten"), "mine.yaml: a value in it is none"),
        (("title: A test", f"title: {'[' * 5000}"), "mine.yaml: a value in it is none, or nested too deep"),
        (("rate: 5", "rate: 5\nfactors: {more: .inf}"), "`factors` must be above 0"),
        (("rate: 5", "rate: 5\nfactors: {more: {rate: 0}}"), "`factors` must be above 0"),
        (
            ("rate: 5", "rate: 5\nfactors: {more: {get-crad: 2}}"),
            "`factors` change `rate` and calls of the mix; 'get-crad'",
        ),
        (
            ("rate: 5", "rate: 5\nfactors: {more: {get-card: 1.0e+308}}"),
            "the weight of `mix.get-card` with its `during` and `factors` must be at most",
        ),
        (("weight: 1,", "weight: 1.0e+308,"), "the weight of `mix.get-card` .* must be at most"),
        (("weight: 1,", "weight: 1, during: {night: 2},"), "names stages of the profile, which has no 'night'"),
    ],
)
def test_a_mistake_is_named_with_file_and_place(written: Path, change: tuple[str, str], complaint: str) -> None:
    written.write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(BadProfile, match=complaint) as refused:
        profiles.load(str(written))
    assert "\n" not in str(refused.value)


def test_objectives_can_be_a_file_of_their_own(tmp_path: Path) -> None:
    own = tmp_path / "slo.yaml"
    own.write_text(
        "services: {PopulationService: {dropped_share: 0}}\nabort: {seconds: 3, error_share: 0.1}", encoding="utf-8"
    )
    assert profiles.load("ndxp-average", own).slo == {
        "services": {"PopulationService": {"dropped_share": 0}},
        "abort": {"seconds": 3, "error_share": 0.1},
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("overall: {p98_ms: 1}", "slo.yaml: slo.overall has no p98_ms"),
        ("overall:\n  p99_ms: [1", "slo.yaml: line 2: no valid YAML"),
        ("", "slo.yaml: slo is None; it takes names with limits"),
        (None, "cannot read .*slo.yaml: .*No such file"),
    ],
)
def test_a_mistake_in_a_file_of_objectives_is_named(tmp_path: Path, text: str | None, complaint: str) -> None:
    own = tmp_path / "slo.yaml"
    if text is not None:
        own.write_text(text, encoding="utf-8")
    with pytest.raises(BadProfile, match=complaint) as refused:
        profiles.load("ndxp-average", own)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["nope", "../../etc/passwd", "ndxp-2022@sunday", "/nowhere/profile.yaml", ""])
def test_what_does_not_exist_is_named(name: str) -> None:
    with pytest.raises(BadProfile):
        profiles.load(name)
