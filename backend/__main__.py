"""The command `liandong`: one table of commands, each with what reads its arguments and what runs."""

import argparse
import asyncio
import importlib
import sys
from collections.abc import Callable

from pydantic import ValidationError

from backend import process
from backend.commands import audit, bus, decode, demo, importing, organisation, protocols
from backend.errors import Refusal
from backend.home import CannotStart
from backend.settings import Settings, explain
from backend.up import up as supervise

# Module and main function of each process; imported only by itself, so that a restart is quick.
MAINS = {
    "web": ("backend.app", "serve"),
    "ingest": ("backend.avl.ingest_process", "main"),
    "recorder": ("backend.avl.recorder", "main"),
    "worker": ("backend.worker", "main"),
}


def up(settings: Settings, given: argparse.Namespace) -> int:
    """Start everything of one machine and keep it running."""
    return asyncio.run(supervise(settings))


def one_process(settings: Settings, given: argparse.Namespace) -> int:
    """Run one process of the program; `up` calls this."""
    module, function = MAINS[given.name]
    process.run(getattr(importlib.import_module(module), function), settings)
    return 0


def process_arguments(parser: argparse.ArgumentParser) -> None:
    """The argument of `process`."""
    parser.add_argument("name", choices=MAINS)


def no_arguments(parser: argparse.ArgumentParser) -> None:
    """For a command that takes none."""


Command = tuple[Callable[[argparse.ArgumentParser], None], Callable[[Settings, argparse.Namespace], int]]

COMMANDS: dict[str, Command] = {
    "up": (no_arguments, up),
    "process": (process_arguments, one_process),
    "decode": (decode.arguments, decode.decode),
    "protocols": (no_arguments, protocols.protocols),
    "simulate": (demo.arguments, demo.simulate),
    "demo-receiver": (no_arguments, demo.demo_receiver),
    "node add": (organisation.node_arguments, organisation.run(organisation.node_add)),
    "unit add": (organisation.unit_arguments, organisation.run(organisation.unit_add)),
    "device add": (organisation.device_arguments, organisation.run(organisation.device_add)),
    "device rotate": (organisation.device_rotate_arguments, organisation.run(organisation.device_rotate)),
    "device revoke": (organisation.identifier_argument, organisation.run(organisation.device_revoke)),
    "user add": (organisation.user_arguments, organisation.run(organisation.user_add)),
    "user link": (organisation.login_argument, organisation.run(organisation.user_link)),
    "user disable": (organisation.login_argument, organisation.run(organisation.user_disable)),
    "user reset-factor": (organisation.login_argument, organisation.run(organisation.user_reset_factor)),
    "key add": (organisation.key_arguments, organisation.run(organisation.key_add)),
    "key rotate": (organisation.rotate_arguments, organisation.run(organisation.key_rotate)),
    "key revoke": (organisation.name_argument, organisation.run(organisation.key_revoke)),
    "import organisation": (importing.arguments, organisation.run(importing.organisation_import)),
    "bus-configuration": (no_arguments, bus.bus_configuration),
    "verify-audit": (no_arguments, audit.verify_audit),
}


def parser() -> argparse.ArgumentParser:
    """The command line; a command's help is the first line of what it runs."""
    words = {name: (run.__doc__ or "").partition("\n")[0] for name, (_, run) in COMMANDS.items()}
    width = max(map(len, COMMANDS)) + 2
    top = argparse.ArgumentParser(
        prog="liandong",
        description="联动 Dispatch and vehicle location for a city.",
        epilog="commands:\n" + "\n".join(f"  {name:{width}}{line}" for name, line in words.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    first = top.add_subparsers(required=True, metavar="COMMAND", help="one of those below; COMMAND --help tells more")
    groups: dict[str, argparse._SubParsersAction[argparse.ArgumentParser]] = {}
    for name, (arguments, run) in COMMANDS.items():
        group, _, action = name.rpartition(" ")
        if group and group not in groups:
            groups[group] = first.add_parser(group).add_subparsers(required=True, metavar="ACTION")
        command = (groups[group] if group else first).add_parser(action, description=words[name])
        arguments(command)
        command.set_defaults(run=run)
    return top


def main() -> None:
    """Entry point of the console script."""
    given = parser().parse_args()
    try:
        sys.exit(given.run(Settings(), given))
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
    except (CannotStart, Refusal) as error:
        print(error, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
