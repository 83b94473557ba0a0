"""The one list of what a fault can do to a call, for people to read; ``gateway.core.effects`` reads and checks them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect: how it is written, and what it does."""

    form: str
    meaning: str

    @property
    def name(self) -> str:
        """The word by which it is known, also in the metric ``ndxp_exchange_faults_total``."""
        return self.form.partition("=")[0]


EFFECTS = (
    Effect("delay=2s", "The call waits so long before the provider gets it. Other delays: normal:2s:500ms (mean, "
           "standard deviation), lognormal:1.5s:0.4 (median, standard deviation of the logarithm), card-lookup (1 to "
           "3 s, as real card look-ups take)."),
    Effect("code=UNAVAILABLE", "The call ends with this gRPC status and the reason FAULT_INJECTED."),
    Effect("reason=UNDER_REPAIR", "With code: the caller reads this reason, such as an agency's, and not "
           "FAULT_INJECTED."),
    Effect("retry_after=30s", "With code: the caller reads that it may try again after this time (RetryInfo)."),
    Effect("refuse=QUOTA_EXCEEDED", "The exchange refuses the call for one of its own reasons (docs/errors.md)."),
    Effect("drop", "The caller's connection is cut, without a word."),
    Effect("reset", "The caller's stream is reset; its connection stays."),
    Effect("lose", "The provider does its work, and its answer is lost: the caller reads UNAVAILABLE."),
    Effect("after", "With delay, code, refuse, drop or reset: it happens after the provider has answered."),
    Effect("cut", "Half of the first message of the answer comes, then the stream is reset."),
    Effect("corrupt", "The messages of the answer cannot be read."),
    Effect("truncate", "Each message of the answer lacks its last byte."),
    Effect("dates", "Dates in the answer have another format: 1990-01-31 comes as 31/01/1990."),
    Effect("stall=1", "So many messages of the answer come, then nothing more and no end."),
    Effect("slow=100", "The answer comes at so many bytes a second."),
    Effect("duplicate", "The provider gets the call twice; the caller reads the first answer."),
    Effect("skew=10m", "The gateway's signature for the provider is so old, as if its clock were late."),
    Effect("to=127.0.0.1:50070", "The call goes to this address and not to its provider; only in rules."),
)  # fmt: skip
"""All effects. Several of them are one text, with commas between: ``delay=2s, code=UNAVAILABLE``."""
