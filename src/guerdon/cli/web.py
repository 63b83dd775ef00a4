"""`./guerdon web`: the web process alone: the doors for events, the console, members' pages."""

import argparse
import logging

import uvicorn

from guerdon.cli.installation import Installation, Refused, installation, refusing

HELP = "run the web process alone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--log-level", default="warning", choices=("debug", "info", "warning", "error"))


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    logging.basicConfig(level=args.log_level.upper(), format="web %(levelname)s %(name)s: %(message)s")
    try:
        with installation() as opened:
            return serve(opened, args.log_level)
    except Refused as fault:
        return refusing("web", fault)


def serve(opened: Installation, log_level: str) -> int:
    """Serve the installation on its host and port."""
    from guerdon.web.rooms import Unready, open_room  # noqa: PLC0415  the web's weight only when it serves

    try:
        room = open_room(opened.settings)
    except Unready as fault:
        raise Refused(str(fault)) from fault
    from guerdon.web.accounts.lent.connections import close_kept, keep_connections  # noqa: PLC0415
    from guerdon.web.asgi import Front  # noqa: PLC0415

    keep_connections()
    server = uvicorn.Server(
        uvicorn.Config(
            Front(room),
            host=opened.settings.host,
            port=opened.settings.port,
            log_level=log_level,
            access_log=False,
            # What forwarded headers say never decides anything here: the public address is a setting.
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
            # The other parser takes headers of any length; this one costs a tenth of a millisecond and stops.
            http="h11",
            h11_max_incomplete_event_size=64 * 1024,
        )
    )
    server.run()
    close_kept()
    return 0 if server.started else 1
