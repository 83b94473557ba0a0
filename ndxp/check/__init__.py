"""Checks an agency that is part of a running exchange: what every agency must do, whatever it is about.

A check calls the agency in the gateway's place, with assertions that it signs with the agency's own key. So it sees all
that the gateway would see, and neither quotas nor circuits stand in its way. These calls are not in the ledger; the
agency's access log has them, with transaction ids that begin with "check-".
"""
