"""Which device is this? The identifier and token that it gave, against the registry."""

import logging

from backend.avl.messages import Login
from backend.identity.devices import token_matches
from backend.identity.registry import KnownDevice, Registry

log = logging.getLogger(__name__)


class Session:
    """Who speaks on one connection. A receiver that the program called itself is `bound` from the start."""

    def __init__(self, protocol: str, registry: Registry, bound: str | None = None) -> None:
        self._protocol = protocol
        self._registry = registry
        self._identifier = bound
        self._checked = (bound, b"") if bound else None

    def login(self, login: Login) -> bool:
        """Accept the device if identifier, token and protocol are those of the registry."""
        device = self._registry.current.devices.get(login.identifier)
        self._identifier = None
        if device is None or device.protocol != self._protocol:
            return False
        # A client says who it is with every request; what was right a moment ago needs no second look.
        proof = (login.identifier + "\0" + login.token, device.token_hash)
        if proof != self._checked and not token_matches(login.token, device.token_hash):
            return False
        self._checked = proof
        self._identifier = login.identifier
        return True

    @property
    def device(self) -> KnownDevice | None:
        """The device as the registry knows it now; None before a log-in or when it was disabled since."""
        return self._registry.current.devices.get(self._identifier) if self._identifier else None
