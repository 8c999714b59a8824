"""`liandong node|unit|device|user|key`: the organisation, straight into the store of this installation."""

import asyncio
import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.protocols import PROTOCOLS, TYPED
from backend.errors import BadInput
from backend.identity import devices, granting, keys, people, tables
from backend.identity.audit import COMMAND_LINE, record
from backend.identity.change import change
from backend.identity.grants import rights_of_key
from backend.identity.rights import everything, write_grants
from backend.identity.roles import ROLES
from backend.settings import Settings
from backend.up import connections

LINK_HOURS = 72.0

Work = Callable[[AsyncSession, Namespace], Awaitable[str]]


def run(work: Work) -> Callable[[Settings, Namespace], int]:
    """A command that changes the organisation in one transaction, tells every process and prints a line."""

    def command(settings: Settings, given: Namespace) -> int:
        found = connections(settings)

        async def audited(session: AsyncSession) -> str:
            said = await work(session, given)
            told = {name: value for name, value in vars(given).items() if name != "run"}
            await record(session, COMMAND_LINE, f"command.{work.__name__}", **told)
            return said

        try:
            print(asyncio.run(change(found.database_url, found.nats_url, audited)))
        except IntegrityError as error:  # e.g. the id of a body that is not there
            raise BadInput(f"the store refuses it: {' '.join(str(error.orig).split())}") from error
        return 0

    command.__doc__ = work.__doc__
    return command


def node_arguments(parser: ArgumentParser) -> None:
    """Arguments of `node add`."""
    parser.add_argument("name")
    parser.add_argument("--kind", required=True, choices=tables.NODE_KINDS)
    parser.add_argument("--parent", type=int, help="id of the body above")
    parser.add_argument("--name-en")


async def node_add(session: AsyncSession, given: Namespace) -> str:
    """Add a body of the organisation and print its id."""
    return str(await devices.add_node(session, given.name, given.kind, given.parent, given.name_en))


def unit_arguments(parser: ArgumentParser) -> None:
    """Arguments of `unit add`."""
    parser.add_argument("call_sign")
    parser.add_argument("--squad", type=int, required=True, help="id of its squad")
    parser.add_argument("--kind", default="car", choices=tables.UNIT_KINDS)
    parser.add_argument("--name", required=True)
    parser.add_argument("--name-en")


async def unit_add(session: AsyncSession, given: Namespace) -> str:
    """Add a unit and print its number."""
    return str(await devices.add_unit(session, given.call_sign, given.squad, given.kind, given.name, given.name_en))


def device_arguments(parser: ArgumentParser) -> None:
    """Arguments of `device add`."""
    parser.add_argument("identifier", help="1 to 64 of A-Z a-z 0-9 _ . : -")
    parser.add_argument("--unit", required=True, help="call sign of the unit that it reports for")
    parser.add_argument("--protocol", default="osmand", choices=sorted(PROTOCOLS))
    parser.add_argument("--address", help="host:port where the program calls it (gpsd)")


async def device_add(session: AsyncSession, given: Namespace) -> str:
    """Add a tracker, or give a known one a new token; prints what is typed into the client, once."""
    unit = await devices.find_unit(session, given.unit)
    token = await devices.add_device(session, given.identifier, unit, given.protocol, address=given.address)
    if given.address is not None:
        return f"{given.identifier} at {given.address}"
    return _typed(given.protocol, given.identifier, token)


def identifier_argument(parser: ArgumentParser) -> None:
    """The argument of `device revoke`."""
    parser.add_argument("identifier")


def device_rotate_arguments(parser: ArgumentParser) -> None:
    """Arguments of `device rotate`."""
    identifier_argument(parser)
    parser.add_argument("--overlap", type=hours, default=24.0, help="hours that the former token works on (24)")


async def device_rotate(session: AsyncSession, given: Namespace) -> str:
    """Give a tracker a new token and print what is typed into the client, once; the former one works on for a while."""
    device = await devices.find_device(session, given.identifier)
    token = await devices.rotate_device(session, device, timedelta(hours=given.overlap))
    return _typed(device.protocol, given.identifier, token)


async def device_revoke(session: AsyncSession, given: Namespace) -> str:
    """Take nothing from a tracker any more, at once and on open connections too."""
    await devices.revoke_device(session, await devices.find_device(session, given.identifier))
    return f"{given.identifier} is heard no more"


def _typed(protocol: str, identifier: str, token: str) -> str:
    """What is typed into the client of this protocol. Raises BadInput where the program calls the device."""
    if protocol not in TYPED:
        raise BadInput(f"a device of {protocol} shows no token: the program calls it", expected=sorted(TYPED))
    return TYPED[protocol].format(identifier=identifier, token=token)


def user_arguments(parser: ArgumentParser) -> None:
    """Arguments of `user add`."""
    parser.add_argument("login", help="2 to 64 of a-z 0-9 . _ -")
    parser.add_argument("--name", required=True)
    parser.add_argument("--name-en")
    parser.add_argument("--body", type=int, required=True, help="id of the body that the person belongs to")
    parser.add_argument("--role", choices=sorted(ROLES), help="granted for that body and what is below it")
    parser.add_argument("--phone")


async def user_add(session: AsyncSession, given: Namespace) -> str:
    """Add a person and print the one-time link's path, with which he sets a password."""
    person = await people.add_person(
        session, given.login, given.name, given.body, name_en=given.name_en, phone=given.phone
    )
    if given.role is not None:
        await granting.put_grant(session, person, {"body": given.body}, role=given.role, reason="command line")
    return await _link(session, person)


def login_argument(parser: ArgumentParser) -> None:
    """The argument of `user link`, `user disable` and `user reset-factor`."""
    parser.add_argument("login")


async def user_link(session: AsyncSession, given: Namespace) -> str:
    """Print another one-time link's path for a person; earlier ones open nothing any more."""
    return await _link(session, await people.find_person(session, given.login))


async def user_disable(session: AsyncSession, given: Namespace) -> str:
    """Let a person in no more, at once and on open pages too."""
    await people.set_disabled(session, await people.find_person(session, given.login), True)
    return f"{given.login} may sign in no more"


async def user_reset_factor(session: AsyncSession, given: Namespace) -> str:
    """Forget a person's lost second factor; the next log-in sets up another one."""
    await people.reset_factor(session, await people.find_person(session, given.login))
    return f"{given.login} sets up a second factor at the next log-in"


async def _link(session: AsyncSession, person: int) -> str:
    return f"/enrol#{await people.make_link(session, person, LINK_HOURS)}"


def key_arguments(parser: ArgumentParser) -> None:
    """Arguments of `key add`."""
    parser.add_argument("name")
    words = 'JSON [{"atom": …, "scope": {"body": 3}}] (or cells, units, everything); not given: everything'
    parser.add_argument("--grants", help=words)


async def key_add(session: AsyncSession, given: Namespace) -> str:
    """Add a partner's key for the interface and print it, once."""
    grants = write_grants(everything())
    if given.grants:
        try:
            grants = json.loads(given.grants)
            rights_of_key(grants, *await granting.read_tree(session))
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"bad grants: expected [{{atom, scope}}] as JSON, got {given.grants!r} ({error})") from error
    _, key = await keys.put_key(session, given.name, grants)
    return key


def name_argument(parser: ArgumentParser) -> None:
    """The argument of `key revoke`."""
    parser.add_argument("name")


def hours(text: str) -> float:
    """An argument: how long a former secret works on."""
    number, longest = float(text), devices.LONGEST_OVERLAP / timedelta(hours=1)
    if not 0 <= number <= longest:  # also false for what is no number
        raise ArgumentTypeError(f"expected 0 to {longest:.0f} hours, got {text}")
    return number


def rotate_arguments(parser: ArgumentParser) -> None:
    """Arguments of `key rotate`."""
    parser.add_argument("name")
    parser.add_argument("--overlap", type=hours, default=24.0, help="hours that the former key works on (24)")


async def key_rotate(session: AsyncSession, given: Namespace) -> str:
    """Give a key a new secret and print it, once; the former one works on for a while."""
    return await keys.rotate_key(session, given.name, timedelta(hours=given.overlap))


async def key_revoke(session: AsyncSession, given: Namespace) -> str:
    """Take a key's rights away at once, on open pages too."""
    await keys.revoke_key(session, given.name)
    return f"{given.name} opens nothing any more"
