"""How this worker stands, for Prometheus: calls by provider, ended and under way, circuits, the journal."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from gateway.dataplane.pipeline import WorkerState


def gauges(state: WorkerState) -> Iterable[Metric]:
    """The metrics as they are now, with every provider of the registry from the start."""
    yield GaugeMetricFamily("ndxp_registry_version", "The registry that is in use.", state.snapshot.version)
    yield GaugeMetricFamily("ndxp_exchange_calls_in_flight", "Calls under way in this worker.", state.admission.calls)
    addresses = _addresses(state)
    calls = CounterMetricFamily(
        "ndxp_exchange_calls", "Calls that have ended, by provider only, from 0 on.", labels=("service",)
    )
    for provider, count in (dict.fromkeys(addresses, 0) | state.traffic.by_service()).items():
        calls.add_metric((provider,), count)
    yield calls
    under_way = GaugeMetricFamily(
        "ndxp_provider_calls_in_flight", "Calls under way from this worker to a provider.", labels=("service",)
    )
    circuits = GaugeMetricFamily(
        "ndxp_provider_circuit_open", "1 while a provider is left alone, because it could not be reached.",
        labels=("service",),
    )  # fmt: skip
    for provider, address in addresses.items():
        under_way.add_metric((provider,), state.admission.at_providers.get(address, 0))
        circuit = state.admission.circuits.get(address)
        circuits.add_metric((provider,), circuit is not None and circuit.open)
    yield under_way
    yield circuits
    journal = state.journal
    yield GaugeMetricFamily(
        "ndxp_journal_available", "1 while the store takes this worker's records.", journal.available
    )
    yield GaugeMetricFamily("ndxp_journal_waiting", "Records that the store has not taken yet.", journal.waiting)
    yield GaugeMetricFamily(
        "ndxp_journal_backlog", "Journal entries that wait for the recorder.", state.admission.backlog
    )
    yield CounterMetricFamily("ndxp_journal_records", "Records that the store has taken.", journal.records)
    appends = HistogramMetricFamily(
        "ndxp_journal_append_seconds", "Commits of the journal: how long the first record waited.", labels=()
    )
    journal.appends.add_to(appends)
    yield appends


def _addresses(state: WorkerState) -> dict[str, str]:
    given = state.settings.addresses
    services = state.snapshot.registry.services
    return {service.contract if service.rest else service.provider: service.listens_at(given) for service in services}
