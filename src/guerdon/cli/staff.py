"""`./guerdon staff`: adds people who may sign in to the console, or shuts them out.

A password comes from the environment or is made here and shown once; it is never on a command line, where
others of the machine could read it.
"""

import argparse
import os
import secrets

from guerdon.cli.installation import Refused, installation, refusing

HELP = "add people who may sign in to the console, or change them"
PASSWORD_LETTERS_MIN = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    add = kinds.add_parser("add", help="add somebody, or give them a new name and password")
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--name", required=True)
    add.add_argument("--password-from-env", metavar="VAR", help="else one is made and shown once")
    remove = kinds.add_parser("remove", help="let somebody sign in no longer; their sessions end at once")
    remove.add_argument("email", metavar="EMAIL")
    kinds.add_parser("list", help="who may sign in")


def run(args: argparse.Namespace) -> int:
    """Add, remove or list."""
    try:
        with installation() as opened:
            # Django reads its settings when it is imported, so it comes after them.
            from guerdon.web.accounts import prepare  # noqa: PLC0415

            prepare(opened.settings)
            return {"add": _add, "remove": _remove, "list": _list}[args.kind](args)
    except Refused as fault:
        return refusing("staff", fault)


def _add(args: argparse.Namespace) -> int:
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415

    if args.email.count("@") != 1 or not args.name.strip():
        raise Refused("an e-mail address and a name are needed")
    password = _given(args.password_from_env) if args.password_from_env else secrets.token_urlsafe(12)
    enroll_staff(args.email, args.name.strip(), password)
    print(f"{args.email} may sign in" + ("" if args.password_from_env else f", password {password}"))
    return 0


def _given(variable: str) -> str:
    password = os.environ.get(variable, "")
    if len(password) < PASSWORD_LETTERS_MIN:
        raise Refused(f"{variable} holds no password of at least {PASSWORD_LETTERS_MIN} letters")
    return password


def _remove(args: argparse.Namespace) -> int:
    from guerdon.web.accounts.people import dismiss_staff  # noqa: PLC0415

    if not dismiss_staff(args.email):
        raise Refused(f"nobody signs in as {args.email}")
    print(f"{args.email} may not sign in any longer")
    return 0


def _list(args: argparse.Namespace) -> int:
    from guerdon.web.accounts.people import list_staff  # noqa: PLC0415

    del args
    for email, name, may in list_staff():
        print(f"{email}\t{name}\t{'may sign in' if may else 'may not sign in'}")
    return 0
