"""`liandong bus-configuration`: for operators with a NATS server of their own."""

from argparse import Namespace

from backend.bus.server import operators_configuration
from backend.home import Home, resolve
from backend.settings import Settings


def bus_configuration(settings: Settings, given: Namespace) -> int:
    """Print what a NATS server of yours needs in its configuration."""
    print(operators_configuration(Home(resolve(settings.home)[0])), end="")
    return 0
