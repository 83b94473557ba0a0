"""The synthetic nation of an exchange on this machine."""

from functools import cache

from ndxp.world import World


@cache
def world() -> World:
    """The nation of the exchange: seed and size come from the same variables."""
    from ndxp.agency.settings import AgencySettings  # needs the extra `agency`

    settings = AgencySettings()
    return World(settings.seed, settings.population)
