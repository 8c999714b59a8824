"""Which device is this? The identifier and token that it gave, against the registry."""

import logging

from backend.avl.messages import Login
from backend.clock import now_ms
from backend.identity.devices import token_matches
from backend.identity.registry import KnownDevice, Organisation, Registry

log = logging.getLogger(__name__)


class Session:
    """Who speaks on one connection. A receiver that the program called itself is `bound` from the start.

    `address` is where it calls from, if that is known; a `datagram` tells nobody whether its token was right.
    `wrong_token`: what was just shown for a device that is known. `rests_until` (monotonic, s): it has sent so much.
    """

    def __init__(
        self,
        protocol: str,
        registry: Registry,
        bound: str | None = None,
        address: str | None = None,
        *,
        datagram: bool = False,
    ) -> None:
        self.address = address
        self.datagram = datagram
        self.wrong_token: str | None = None
        self.rests_until = 0.0
        self._protocol = protocol
        self._registry = registry
        self._bound = bound
        self._identifier = bound
        self._checked: tuple[str, bytes] | None = None  # what was said, and the hash that it matched
        self._known: tuple[Organisation, KnownDevice] | None = None  # who it is, as long as nothing has changed

    def login(self, login: Login) -> bool:
        """Accept the device if identifier, token and protocol are those of the registry."""
        device = self._registry.current.devices.get(login.identifier)
        self._identifier = self.wrong_token = self._known = None
        if device is None or device.protocol != self._protocol:
            return False
        said, hashes = login.identifier + "\0" + login.token, device.hashes(now_ms())
        # A client says who it is with every request; what was right a moment ago needs no second look.
        if self._checked is None or self._checked[0] != said or self._checked[1] not in hashes:
            matched = next((hash for hash in hashes if token_matches(login.token, hash)), None)
            if matched is None:
                self.wrong_token = login.token or None
                return False
            self._checked = said, matched
        self._identifier = login.identifier
        return True

    @property
    def device(self) -> KnownDevice | None:
        """The device as the registry knows it now; None before a log-in.

        Nor is there one when it was revoked since, or when the token with which it came works no more.
        """
        organisation = self._registry.current
        if self._known is not None and self._known[0] is organisation:
            return self._known[1]
        device = organisation.devices.get(self._identifier) if self._identifier else None
        if device is None or self._bound is not None:
            return device
        if self._checked is None or self._checked[1] not in device.hashes(now_ms()):
            return None
        # A former token ends at its moment; any other end is a change of the organisation.
        self._known = (organisation, device) if self._checked[1] == device.token_hash else None
        return device
