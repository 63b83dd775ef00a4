"""Evidence of a period: every reward with what led to it, as files whose hashes are signed in one manifest.

It is read at one moment together with a run of the controls, and says which seal of the audit was the last.
Whoever is handed the folder checks it with nothing but the files and the public key: `verify_evidence`.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from guerdon.ledger.effects import Issue, Refuse, decode_decision
from guerdon.program.model import Program
from guerdon.queries.controls.run import Report, run_controls
from guerdon.queries.proof import evidence as rows
from guerdon.queries.proof.evidence import Period
from guerdon.store.audit import record_audit
from guerdon.store.database import Connection, Transaction, transaction
from guerdon.store.proof.control_runs import steady_reading
from guerdon.store.proof.seals import load_last_seal
from guerdon.store.sealing import Vault
from guerdon.text.cover import Cover, Section, render_cover
from guerdon.values.cells import guarded
from guerdon.values.ids import read, show
from guerdon.values.money import plain_amount

KEY_PURPOSE = "signature of evidence"
MANIFEST, SIGNATURE, COVER = "manifest.json", "manifest.sig", "cover.pdf"
CHUNK_BYTES = 1 << 20
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """What was put into a folder, and the key that signed it."""

    files: int
    rewards: int
    breached: int
    public_key: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file of the pack: its columns, the question for its rows, and how a row is written."""

    name: str
    columns: Sequence[str]
    question: LiteralString
    written: Callable[["Namer", Row], Iterable[object]]


class Namer:
    """Amounts, ids and approvals as the files show them."""

    def __init__(self, program: Program, signed: Mapping[tuple[int, int], tuple[str, str]]) -> None:
        self._program, self._signed = program, signed

    def approval(self, request: str | None, revision: int | None) -> tuple[str, str, str]:
        """A request by its id, who signed it, and the hash of what they signed."""
        people, sha = self._signed.get((read("apr", request or "") or 0, revision or 0), ("", ""))
        return (request or "", people, sha)

    def amount(self, minor: int | None, unit: str | None) -> str:
        """An amount with its unit's digits; minor units where the program no longer knows the unit."""
        if minor is None:
            return ""
        known = self._program.units.get(unit or "")
        return plain_amount(minor, known) if known else str(minor)

    @staticmethod
    def member(number: int | None) -> str:
        """A member's id; nothing for a pool."""
        return show("mem", number) if number else ""


def _reward(namer: Namer, row: Row) -> Iterator[object]:
    unit, decision, (ids, sources, targets, amounts) = row[3], row[21], row[22:26]
    yield from (
        show("rwd", row[0]),
        namer.member(row[1]),
        row[2],
        unit,
        namer.amount(row[4], unit),
        row[5],
        row[6],
    )
    yield from (namer.amount(row[7], unit), namer.amount(row[8], unit), *row[9:12])
    yield from (show("evt", row[12]), *row[13:20], row[20], checks_of(decision))
    moved = zip(ids or (), sources or (), targets or (), amounts or (), strict=True)
    yield "; ".join(f"{show('trf', n)} {a} > {b} {namer.amount(amount, unit)}" for n, a, b, amount in moved)
    yield from namer.approval(row[26], row[27])


def _transfer(namer: Namer, row: Row) -> Iterator[object]:
    number, member, event, source, target, unit, amount, happened, recorded = row
    yield from (
        show("trf", number),
        namer.member(member),
        show("evt", event) if event else "",
        source,
        target,
    )
    yield from (unit, namer.amount(amount, unit), happened, recorded)


def _approval(namer: Namer, row: Row) -> Iterator[object]:
    yield from (show("apr", row[0]), *row[1:5], namer.member(row[5]), *row[6:9], namer.amount(row[9], row[8]))
    yield from row[10:]


def _version(_: Namer, row: Row) -> Iterator[object]:
    yield from row


SHEETS = (
    Sheet(
        "rewards.csv",
        (
            *("reward", "member", "rule", "unit", "value", "budget", "state", "remaining", "taken_back"),
            *(
                "happened_at",
                "issued_at",
                "expires_at",
                "event",
                "event_type",
                "source",
                "external_id",
                "market",
            ),
            *("location", "recorded_at", "version", "decision_sha256", "checks", "transfers", "approval"),
            *("approved_by", "approved_sha256"),
        ),
        rows.REWARDS,
        _reward,
    ),
    Sheet(
        "transfers.csv",
        ("transfer", "member", "event", "from", "to", "unit", "amount", "happened_at", "recorded_at"),
        rows.TRANSFERS,
        _transfer,
    ),
    Sheet(
        "approvals.csv",
        (
            *("approval", "kind", "state", "revision", "asked_by", "member", "market", "location", "unit"),
            *("amount", "reason", "asked_at", "closed_at", "content_sha256", "signatures"),
        ),
        rows.APPROVALS,
        _approval,
    ),
    Sheet(
        "versions.csv",
        ("version", "sha256", "live_from", "published_at", "published_by"),
        rows.VERSIONS,
        _version,
    ),
)


def checks_of(decision: str) -> str:
    """What each rule said of the event: `booking: issued; test_drive: limit:member_month`."""
    told = [effect for effect in decode_decision(decision).effects if isinstance(effect, Issue | Refuse)]
    return "; ".join(f"{e.rule}: {'issued' if isinstance(e, Issue) else e.reason}" for e in told)


def period_of(program: Program, first: date, last: date) -> Period:
    """The days of a period, both of them whole, in the program's time zone."""
    zone = ZoneInfo(program.time_zone)
    return Period(
        datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)
    )


def signing_key(vault: Vault) -> Ed25519PrivateKey:
    """The installation's key for evidence; it follows from its secret, so that it need not be kept."""
    return Ed25519PrivateKey.from_private_bytes(vault.key(KEY_PURPOSE))


def public_key_of(vault: Vault) -> str:
    """What others verify with, in hex: to be told them by another way than the evidence."""
    return signing_key(vault).public_key().public_bytes_raw().hex()


def make_evidence(
    db: Connection,
    vault: Vault,
    of: tuple[int, Program],
    days: tuple[date, date],
    folder: Path,
    now: datetime,
) -> Made:
    """Write the evidence of these days into a new folder."""
    program_id, program = of
    period = period_of(program, *days)
    folder.mkdir(parents=True)
    with steady_reading(db, program_id) as tx:
        report = run_controls(tx, now)
        namer = Namer(program, rows.load_signed(tx))
        counts = {sheet.name: _write_sheet(tx, sheet, namer, period, folder) for sheet in SHEETS}
        beside = _write_beside(tx, program_id, report, folder)
        totals = rows.list_totals(tx, period)
    cover = _cover(program, days, report, [*_totals(program, totals), beside], now)
    (folder / COVER).write_bytes(render_cover(cover))
    manifest = {
        "program": program.key,
        "program_sha256": program.sha,
        "first_day": days[0].isoformat(),
        "last_day": days[1].isoformat(),
        "time_zone": program.time_zone,
        "made_at": now.isoformat(),
        "public_key": public_key_of(vault),
        "files": [
            {
                "name": path.name,
                "bytes": path.stat().st_size,
                "sha256": _sha(path),
                "rows": counts.get(path.name),
            }
            for path in sorted(folder.iterdir())
        ],
    }
    text = json.dumps(manifest, indent=1).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SIGNATURE).write_text(signing_key(vault).sign(text).hex() + "\n", encoding="ascii")
    _note(db, program_id, manifest, now)
    return Made(len(counts) + 3, counts["rewards.csv"], len(report.breached), public_key_of(vault))


def verify_evidence(folder: Path, public_key: str | None = None) -> list[str]:
    """What is wrong with an evidence folder, offline; nothing, if every byte is as it was signed.

    Without a key of one's own it is only known that whoever signed knew the key that lies beside it.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
        manifest = json.loads(text)
        told, files = str(manifest["public_key"]), manifest["files"]
        signature = bytes.fromhex((folder / SIGNATURE).read_text(encoding="ascii").strip())
        named = {str(entry["name"]): str(entry["sha256"]) for entry in files}
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(told))
    except (OSError, ValueError, KeyError, TypeError) as fault:
        return [f"this is no evidence, or its manifest is damaged: {fault}"]
    if public_key is not None and public_key.strip().lower() != told.lower():
        return [f"it was signed with the key {told}, not with the one you know"]
    try:
        key.verify(signature, text)
    except InvalidSignature:
        return ["the manifest is not what was signed"]
    there = {path.name for path in folder.iterdir()} - {MANIFEST, SIGNATURE}
    wrong = [f"{name} is missing" for name in sorted(set(named) - there)]
    wrong += [f"{name} does not belong to it" for name in sorted(there - set(named))]
    wrong += [
        f"{name} was changed" for name in sorted(set(named) & there) if _sha(folder / name) != named[name]
    ]
    return wrong


def _write_sheet(tx: Transaction, sheet: Sheet, namer: Namer, period: Period, folder: Path) -> int:
    n = 0
    # RFC 4180: lines end with CR LF, which is what the writer does by itself.
    with (folder / sheet.name).open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(sheet.columns)
        for n, row in enumerate(rows.read_rows(tx, sheet.question, period), 1):  # noqa: B007  the count is the answer
            out.writerow([guarded(_plain(cell)) for cell in sheet.written(namer, row)])
    return n


def _write_beside(tx: Transaction, program_id: int, report: Report, folder: Path) -> Section:
    """What the controls found and which seal was the last: as a file, and as a section of the cover."""
    found = {
        checked.key: {"breaches": checked.total, "found": [str(breach) for breach in checked.breaches]}
        for checked in report.controls
    }
    (folder / "controls.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    seal = load_last_seal(tx, program_id)
    told = (
        {"number": seal.number, "root": seal.root, "rows": seal.total_rows, "sealed_at": seal.sealed_at}
        if seal
        else {}
    )
    (folder / "seal.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    if seal is None:
        return Section("Seal of the audit", [("Nothing was sealed yet", "")])
    lines = [("Number", str(seal.number)), ("Rows in all", str(seal.total_rows)), ("Root", seal.root)]
    return Section("Last seal of the audit", lines)


def _totals(program: Program, totals: Sequence[rows.Total]) -> list[Section]:
    namer = Namer(program, {})
    lines = [
        (total.rule, f"{total.n} rewards, {namer.amount(total.value, total.unit)} {total.unit}")
        for total in totals
    ]
    return [Section("Rewards given, by rule", lines or [("None", "")])]


def _cover(
    program: Program, days: tuple[date, date], report: Report, sections: Sequence[Section], now: datetime
) -> Cover:
    breached = report.breached
    n = len(report.controls)
    answer = (
        f"{len(breached)} of {n} controls found a breach."
        if breached
        else f"No breaches found in {n} controls."
    )
    found = [(checked.key, str(checked.total)) for checked in breached]
    return Cover(
        f"Evidence of {program.key}, {days[0].isoformat()} to {days[1].isoformat()}",
        answer,
        [
            Section("Made", [("At", now.isoformat()), ("Days are those of", program.time_zone)]),
            *([Section("Breaches", found)] if found else []),
            *sections,
            Section(
                "Check it", [("Offline, with the public key", "./guerdon ledger verify FOLDER --key KEY")]
            ),
        ],
        now,
    )


def _note(db: Connection, program_id: int, manifest: dict[str, Any], now: datetime) -> None:
    sha = hashlib.sha256(json.dumps(manifest, indent=1).encode()).hexdigest()
    told = {name: manifest[name] for name in ("first_day", "last_day")}
    with transaction(db, program_id) as tx:
        record_audit(
            tx, program_id, "command line", "evidence.made", "evidence", now, manifest_sha256=sha, **told
        )


def _plain(cell: object) -> object:
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
