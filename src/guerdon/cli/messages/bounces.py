"""`./guerdon bounces`: the process that takes mails that come back.

A process of its own: anybody may send it mail, and whatever comes slows down no page. And a port is listened
to by one process, of which the web may have several.
"""

import argparse
import logging
import signal
from threading import Event

from guerdon.channels.email.listening import listening
from guerdon.channels.email.opening import domain_of
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.values.mail import read_sender

HELP = "take the mails that come back, alone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--log-level", default="warning", choices=("debug", "info", "warning", "error"))


def run(args: argparse.Namespace) -> int:
    """Take them until interrupted."""
    logging.basicConfig(level=args.log_level.upper(), format="bounces %(levelname)s %(name)s: %(message)s")
    # It would write down from where and from whom each mail comes.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    try:
        with installation() as opened:
            return take_returned(opened)
    except Refused as fault:
        return refusing("bounces", fault)


def take_returned(opened: Installation) -> int:
    """Listen where the settings say; raises `Refused` where they say nothing or the port is taken."""
    from guerdon.web.intake.returned import ReturnDesk  # noqa: PLC0415  the web's weight only when it listens
    from guerdon.web.rooms import Unready, open_room  # noqa: PLC0415

    settings, stop = opened.settings, Event()
    sender = read_sender(settings.mail_from)
    if settings.bounces is None or sender is None:
        raise Refused("set GUERDON_BOUNCES to where mails that come back are taken, like 0.0.0.0:25")
    try:
        room = open_room(settings)
    except Unready as fault:
        raise Refused(str(fault)) from fault
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    domain = domain_of(sender.address)
    try:
        with listening(settings.bounces, domain, ReturnDesk(room, domain)):
            stop.wait()
    except OSError as fault:
        raise Refused(f"it cannot listen at GUERDON_BOUNCES: {fault.strerror}") from fault
    finally:
        room.close()
    return 0
