"""Load profiles: what a run sends, how fast, as whom, and its objectives; read from YAML, with sources."""

import math
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec
from google.protobuf.descriptor import MethodDescriptor

from loadtest import mix, slo
from loadtest.arrivals import Curve, count
from loadtest.mix import Call, Kind
from ndxp.language import _
from ndxp.samples import samples
from ndxp.yaml_file import YamlRefused, read_yaml

_RATE = 10.0
"""The default rate of a profile without ``rate`` and ``curve``, in requests a second."""

_OVERALL = "rate"
"""The factor of the rate itself, among those of calls."""

_MOST = 1e12
"""The most calls of a run: 10,000 a second for three years."""

_HEAVIEST = 1e9
"""The largest weight of a call."""


class BadProfile(Exception):
    """The profile does not exist or is invalid; the text is one line with file and place."""


class Profile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A load. Times are seconds, rates requests a second. Everything but the mix has a default.

    ``rate`` (constant) or ``curve`` (pairs of second and rate, linear in between) is the speed; the default is 10 a
    second, and with ``rate: null`` the rate must be given at the start (``capacity``). ``duration`` is by default that
    of the curve, or a minute. ``factors`` are days of another size: ``ndxp-2022@month-end`` is the profile
    ``ndxp-2022`` with its rates times ``factors["month-end"]``; a factor with names multiplies the ``rate`` and the
    weights of calls of the mix, each by its own number. ``stages`` are named parts of the curve, from second to second;
    each has a series of its own in the results, named "stage NAME" (methods have a slash, stages do not; calls of a
    stage are also in the series of their method).

    ``slo`` is plain data: ``overall``, ``services`` (by service or method) and ``stages`` (by name) have limits
    (``p50_ms``, ``p99_ms``, ``error_share``, ``dropped_share``, ``achieved_share``; the three shares have defaults in
    ``overall``). ``abort`` has ``error_share`` and ``dropped_share`` over the last ``seconds``; above them the
    generator stops early.
    """

    name: str = ""
    title: str = ""
    sources: list[str] = []
    arrivals: Literal["constant", "poisson"] = "poisson"
    duration: float = 60.0
    rate: float | None = None
    curve: list[tuple[float, float]] = []
    factors: dict[str, float | dict[str, float]] = {}
    stages: dict[str, tuple[float, float]] = {}
    mix: dict[Kind, Call]
    deadline: float = 5.0
    max_in_flight: int = 1000
    channels: int = 8
    slo: dict[str, Any] = {}

    @property
    def objectives(self) -> dict[str, Any]:
        """Its objectives, with the defaults of every load."""
        return slo.complete(self.slo)

    @property
    def mean_rate(self) -> float | None:
        """Requests a second on average over the profile; None when it has no rate of its own."""
        own = self._own_curve()
        return own.total / own.duration if own else None

    def schedule(self, *, rate: float | None = None, compress: float = 1, duration: float | None = None) -> Curve:
        """The rate over time of a run.

        ``rate`` sets the mean rate and keeps the shape. ``compress`` shortens the time (a day in 10 minutes: 144) and
        keeps the rates. ``duration`` is in seconds of the run: a curve is cut there, a constant rate lasts that long.
        Raises BadProfile without a rate, for no calls, and for more calls than can be counted.
        """
        curve = self._varied(rate, compress, duration)
        if not curve.total <= _MOST:
            raise BadProfile(
                _(
                    "{profile} would send {number} calls: lower the rate, or the duration",
                    profile=self.name,
                    number=f"{curve.total:.2g}",
                )
            )
        if not count(curve):
            raise BadProfile(_("{profile} would send no call: raise the rate, or the duration", profile=self.name))
        return curve

    def _varied(self, rate: float | None, compress: float, duration: float | None) -> Curve:
        own = self._own_curve()
        if own is None:
            if rate is None:
                raise BadProfile(_("{profile} has no rate of its own: give one with --rate", profile=self.name))
            own, rate = Curve.constant(rate, self.duration), None
        if rate is not None:
            own = own.scaled(rate / (own.total / own.duration))
        own = own.compressed(compress)
        if duration is None:
            return own
        return own.cut(duration) if self.curve else Curve.constant(own.points[0][1], duration)

    def stage_times(self, compress: float = 1) -> dict[str, tuple[float, float]]:
        """The first and the last second of each stage of a run."""
        return {name: (begin / compress, end / compress) for name, (begin, end) in self.stages.items()}

    def _own_curve(self) -> Curve | None:
        if self.curve:
            return Curve(tuple(self.curve))
        return Curve.constant(self.rate, self.duration) if self.rate is not None else None


def names() -> list[str]:
    """The profiles of the project, including days of another size ("ndxp-2022@month-end")."""
    found = sorted(file.name.removesuffix(".yaml") for file in _folder().iterdir() if file.name.endswith(".yaml"))
    return [full for name in found for full in (name, *(f"{name}@{factor}" for factor in load(name).factors))]


def load(name_or_path: str, slo_file: Path | None = None, *, http: bool = False) -> Profile:
    """Reads a profile by name, or from a YAML file; ``slo_file`` holds objectives instead of its own.

    ``http`` gives its variant for the doors for HTTP. Raises BadProfile.
    """
    profile = _load(name_or_path)
    if slo_file is not None:
        profile = msgspec.structs.replace(profile, slo=_objectives(slo_file, profile))
    return _over_http(profile) if http else profile


def _load(name_or_path: str) -> Profile:
    name, factor = name_or_path.partition("@")[::2]
    is_path = name.endswith((".yaml", ".yml"))
    source = Path(name) if is_path else _folder() / f"{name}.yaml"
    if not is_path and f"{name}.yaml" not in {file.name for file in _folder().iterdir()}:
        known = ", ".join(sorted(file.name.removesuffix(".yaml") for file in _folder().iterdir()))
        raise BadProfile(
            _(
                "there is no profile {name!r}; there are: {known}; a path to a YAML file works as well",
                name=name[:100],
                known=known,
            )
        )
    own_name = Path(name).stem if is_path else name
    profile = _profile(_read(source, name), name, own_name)
    if not factor:
        return profile
    if factor not in profile.factors:
        known = ", ".join(f"{own_name}@{known}" for known in profile.factors) or "none"
        raise BadProfile(f"{own_name} has no day {factor[:100]!r}; it has: {known}")
    return _times(profile, _factors(profile.factors[factor]), f"{own_name}@{factor}")


def _over_http(profile: Profile) -> Profile:
    """The profile without its streams: as many calls, of the other kinds, with the objectives that are about them.

    A stream among the profile's own calls is found when its contract has been learnt.
    """
    streams = [kind for kind, call in profile.mix.items() if not call.method and _streams(samples()[kind].method)]
    mix = {kind: call for kind, call in profile.mix.items() if kind not in streams}
    left = {call.series(kind) for kind, call in mix.items()}
    left |= {series.partition("/")[0] for series in left}
    services = {name: limits for name, limits in profile.slo.get("services", {}).items() if name in left}
    without = f", without its streams ({', '.join(streams)})" if streams else ""
    variant = msgspec.structs.replace(
        profile,
        name=f"{profile.name}-http",
        title=f"{profile.title}; over HTTP in JSON{without}",
        mix=mix,
        slo={**profile.slo, "services": services},
    )
    if complaint := _complaint(variant):
        raise BadProfile(f"{profile.name} over HTTP{without}: {complaint}")
    return variant


def _streams(method: MethodDescriptor) -> bool:
    return bool(method.client_streaming or method.server_streaming)


def _folder() -> Any:
    return resources.files("loadtest") / "profiles"


def _objectives(file: Path, profile: Profile) -> dict[str, Any]:
    """The objectives in a separate file, in the form of a profile's ``slo``."""
    objectives: dict[str, Any] = _read(file, str(file))
    _check(objectives, profile, str(file))
    return objectives


def _read(source: Any, file: str) -> Any:
    """The content of a YAML file; ``file`` is its name in errors."""
    try:
        return read_yaml(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadProfile(_("cannot read {file}: {error}", file=file, error=error)) from error
    except YamlRefused as error:
        raise BadProfile(f"{file}: {error}") from error


def _profile(data: Any, file: str, name: str) -> Profile:
    try:
        profile = msgspec.convert(data, Profile, str_keys=True)
    except msgspec.ValidationError as error:
        kind = Call if "$.mix" in str(error) else Profile
        known = f"; it has: {', '.join(kind.__struct_fields__)}" if "unknown field" in str(error) else ""
        raise BadProfile(f"{file}: {error}{known}") from error
    if profile.curve and "duration" not in data:
        profile = msgspec.structs.replace(profile, duration=profile.curve[-1][0])
    if not profile.curve and "rate" not in data:
        profile = msgspec.structs.replace(profile, rate=_RATE)
    if complaint := _complaint(profile) or mix.complaint(profile.mix):
        raise BadProfile(f"{file}: {complaint}")
    _check(profile.slo, profile, file)
    return msgspec.structs.replace(profile, name=name, title=profile.title or name)


def _check(objectives: dict[str, Any], profile: Profile, file: str) -> None:
    """Refuses objectives that cannot be checked, and those for calls or stages that the profile does not have."""
    try:
        slo.check(objectives)
    except slo.BadSlo as error:
        raise BadProfile(f"{file}: {error}") from error
    methods = {call.series(kind) for kind, call in profile.mix.items()}
    services = {method.partition("/")[0] for method in methods}
    for part, known in (("services", methods | services), ("stages", set(profile.stages))):
        if unknown := [name for name in objectives.get(part, {}) if name not in known]:
            there = ", ".join(sorted(known)) or "none"
            raise BadProfile(f"{file}: slo.{part}: the profile has no {unknown[0][:100]}; it has: {there}")


def _complaint(profile: Profile) -> str:
    """What is wrong with a well-typed profile; empty when nothing is."""
    times = [at for at, _ in profile.curve]
    if profile.rate is not None and profile.curve:
        return "give either `rate` or `curve`, not both"
    if profile.rate is not None and not 0 < profile.rate < math.inf:
        return "`rate` must be above 0"
    if profile.curve and (len(times) < 2 or times[0] != 0 or times[-1] != profile.duration or times != sorted(times)):
        return f"`curve` must have at least two points, in order, from second 0 to `duration` ({profile.duration:g})"
    if profile.curve and (min(rate for _, rate in profile.curve) < 0 or not any(rate for _, rate in profile.curve)):
        return "the rates of `curve` must be 0 or more, and not all 0"
    lasting = (profile.duration, profile.deadline)
    if not all(0 < time < math.inf for time in lasting) or min(profile.max_in_flight, profile.channels) < 1:
        return "`duration`, `deadline`, `max_in_flight` and `channels` must be above 0"
    if not all(math.isfinite(n) for n in (*(call.weight for call in profile.mix.values()), *sum(profile.curve, ()))):
        return "weights and the points of `curve` must be finite numbers"
    if any(call.weight < 0 for call in profile.mix.values()) or not any(call.weight for call in profile.mix.values()):
        return "the weights of `mix` must be 0 or more, and not all 0"
    if any("/" in name or begin >= end for name, (begin, end) in profile.stages.items()):
        return "a stage must begin before it ends, and have no slash in its name"
    return _complaint_of_stages(profile) or _complaint_of_factors(profile)


def _complaint_of_factors(profile: Profile) -> str:
    """What makes a day of another size impossible; empty when nothing does."""
    for factors in map(_factors, profile.factors.values()):
        if not all(0 < factor < math.inf for factor in factors.values()):
            return "`factors` must be above 0"
        if unknown := sorted(factors.keys() - profile.mix.keys() - {_OVERALL}):
            return f"`factors` change `{_OVERALL}` and calls of the mix; {unknown[0][:100]!r} is neither"
    for kind, call in profile.mix.items():
        largest = call.peak * max((_factors(day).get(kind, 1.0) for day in profile.factors.values()), default=1.0)
        if max(largest, call.peak) > _HEAVIEST:
            return f"the weight of `mix.{kind}` with its `during` and `factors` must be at most {_HEAVIEST:g}"
    return ""


def _complaint_of_stages(profile: Profile) -> str:
    """What makes it impossible to follow what the mix says of stages; empty when nothing does."""
    for kind, call in profile.mix.items():
        if unknown := sorted(call.during.keys() - profile.stages.keys()):
            return f"`mix.{kind}.during` names stages of the profile, which has no {unknown[0][:100]!r}"
        if not all(0 <= times < math.inf for times in call.during.values()):
            return f"`mix.{kind}.during` says how many times the weight: 0 or more"
    for at in (0.0, *sum(profile.stages.values(), ())):
        stages = [name for name, (begin, end) in profile.stages.items() if begin <= at < end]
        if not any(call.weight_in(stages) for call in profile.mix.values()):
            return f"at second {at:g} every call of the mix has the weight 0"
    return ""


def _factors(factor: float | dict[str, float]) -> dict[str, float]:
    return factor if isinstance(factor, dict) else {_OVERALL: factor}


def _times(profile: Profile, factors: dict[str, float], name: str) -> Profile:
    overall = factors.get(_OVERALL, 1.0)
    changed = [f"{overall:g} times", *(f"{kind} {factors[kind]:g} times" for kind in factors if kind != _OVERALL)]
    return msgspec.structs.replace(
        profile,
        name=name,
        title=f"{profile.title} ({name.partition('@')[2]}: {', '.join(changed)})",
        rate=profile.rate * overall if profile.rate is not None else None,
        curve=[(at, rate * overall) for at, rate in profile.curve],
        mix={
            kind: msgspec.structs.replace(call, weight=call.weight * factors.get(kind, 1.0))
            for kind, call in profile.mix.items()
        },
    )
