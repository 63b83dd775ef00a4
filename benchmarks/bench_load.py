"""The sender's side of a benchmark: signed HubSpot requests, made beforehand, sent over kept connections."""

import base64
import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Sequence
from random import Random
from urllib.parse import urlsplit

from bench_house import FIRST_CONTACT, House

# What customers do: mostly test drives, some bookings, few referrals.
MIX = (
    ("test_drive_status", "completed", 0.72),
    ("booking_status", "confirmed", 0.2),
    ("referral_converted", "77", 0.08),
)


def make_bodies(house: House, events: int, per_request: int, seed: int) -> list[bytes]:
    """JSON arrays of property changes, each event about another of the house's members as chance has it."""
    chance = Random(seed)  # noqa: S311  a seed, not a secret
    started_ms = int(time.time() * 1000)
    portal = house.program.connections["hubspot_eu"].portal
    kinds, weights = [(p, v) for p, v, _ in MIX], [w for _, _, w in MIX]

    def change(n: int) -> dict[str, object]:
        kind = chance.choices(kinds, weights)[0]
        return {
            "eventId": seed * 10_000_000 + n,
            "subscriptionId": 3312,
            "portalId": portal,
            "appId": 20411,
            "occurredAt": started_ms - chance.randrange(86_400_000),
            "subscriptionType": "contact.propertyChange",
            "attemptNumber": 0,
            "objectId": FIRST_CONTACT + chance.randrange(house.members),
            "changeSource": "CRM_UI",
            "propertyName": kind[0],
            "propertyValue": kind[1],
            "sourceId": "userId:51",
        }

    return [
        json.dumps([change(n) for n in range(first, first + per_request)]).encode()
        for first in range(0, events, per_request)
    ]


def booking_body(house: House, contact: int) -> bytes:
    """What the CRM sends when a contact's booking is confirmed, now."""
    change = {
        "eventId": contact,
        "subscriptionId": 3312,
        "portalId": house.program.connections["hubspot_eu"].portal,
        "appId": 20411,
        "occurredAt": int(time.time() * 1000),
        "subscriptionType": "contact.propertyChange",
        "attemptNumber": 0,
        "objectId": contact,
        "changeSource": "CRM_UI",
        "propertyName": "booking_status",
        "propertyValue": "confirmed",
        "sourceId": "userId:51",
    }
    return json.dumps([change]).encode()


class Sender:
    """One kept connection that sends signed requests."""

    def __init__(self, house: House) -> None:
        parts = urlsplit(house.url)
        assert parts.hostname
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self._path = parts.path
        self._signed = f"POST{house.url}".encode()
        self._secret = house.client_secret.encode()

    def send(self, body: bytes) -> int:
        """Send one request; returns the status it was answered with."""
        timestamp = str(int(time.time() * 1000)).encode()
        mac = hmac.digest(self._secret, self._signed + body + timestamp, hashlib.sha256)
        headers = {
            "Content-Type": "application/json",
            "X-HubSpot-Signature-v3": base64.b64encode(mac).decode(),
            "X-HubSpot-Request-Timestamp": timestamp.decode(),
        }
        self._connection.request("POST", self._path, body, headers)
        response = self._connection.getresponse()
        response.read()
        return response.status


def send_all(house: House, bodies: Sequence[bytes], connections: int) -> None:
    """Send everything as fast as it is answered; every answer must be 200."""
    left = iter(bodies)
    lock = threading.Lock()
    wrong: list[int] = []

    def work() -> None:
        sender = Sender(house)
        while True:
            with lock:
                body = next(left, None)
            if body is None:
                return
            status = sender.send(body)
            while status in (429, 503):
                time.sleep(0.1)
                status = sender.send(body)
            if status != 200:
                wrong.append(status)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, f"{len(wrong)} requests were answered {sorted(set(wrong))}"
