"""Custom workflow actions: a signed request, its answer kept, a blocked one until completed or expired."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec

from standins.hubspot.clock import Clock, read_period_ms
from standins.hubspot.fields import problem
from standins.hubspot.posting import Posted, post
from standins.hubspot.signatures import sign_v2

BLOCKED_MS = 7 * 86_400_000
RETRIED_MS = 3 * 86_400_000
STATES = ("SUCCESS", "FAIL_CONTINUE", "BLOCK", "ASYNC")
FIRST_PAUSE_S = 60.0
WITHIN_S = 30.0


@dataclass
class Execution:
    """One run of the action for one record."""

    callback_id: str
    portal: int
    request: dict[str, Any]
    state: str = "RUNNING"
    outputs: dict[str, Any] = field(default_factory=dict)
    started_ms: int = 0
    ends_ms: int | None = None
    attempts: int = 0
    status: int = 0
    completions: int = 0
    complaint: str = ""

    def shown(self) -> dict[str, Any]:
        """The execution as the control door shows it."""
        return {
            "callbackId": self.callback_id,
            "portal": self.portal,
            "state": self.state,
            "outputFields": self.outputs,
            "attempts": self.attempts,
            "status": self.status,
            "completions": self.completions,
            "complaint": self.complaint,
            "request": self.request,
        }


@dataclass(frozen=True)
class Firing:
    """Where an action's request goes and how."""

    url: str
    secret: str
    factor: float = 1.0


class Workflows:
    """All executions there were."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.executions: dict[str, Execution] = {}
        self.ids = count(1)
        self.pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="workflows")
        self.tasks: set[asyncio.Task[None]] = set()

    def fire(self, portal: int, firing: Firing, subject: dict[str, Any], inputs: dict[str, str]) -> Execution:
        """Start the action for a record; the answer is awaited apart."""
        number = next(self.ids)
        callback_id = f"ap-{portal}-{56_776_413_549 + number}-7-0"
        request = {
            "callbackId": callback_id,
            "origin": {"portalId": portal, "actionDefinitionId": 10_646_377, "actionDefinitionVersion": 1},
            "context": {"source": "WORKFLOWS", "workflowId": 192_814_114},
            "object": subject,
            "inputFields": inputs,
        }
        execution = Execution(callback_id, portal, request, started_ms=self.clock.now_ms())
        self.executions[callback_id] = execution
        self._start(execution, firing)
        return execution

    def _start(self, execution: Execution, firing: Firing) -> None:
        task = asyncio.get_running_loop().create_task(self._send(execution, firing))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _send(self, execution: Execution, firing: Firing) -> None:
        body = msgspec.json.encode(execution.request)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "HubSpot Connect 2.0",
            "X-HubSpot-Signature-Version": "v2",
            "X-HubSpot-Signature": sign_v2(firing.secret, "POST", firing.url, body),
        }
        loop = asyncio.get_running_loop()
        posted = await loop.run_in_executor(self.pool, post, firing.url, headers, body, WITHIN_S)
        execution.attempts += 1
        execution.status = posted.status
        if 200 <= posted.status < 300:
            self._take(execution, posted)
        elif _is_final(posted.status) or self.clock.now_ms() - execution.started_ms > RETRIED_MS:
            execution.state = "FAILED"
        else:
            execution.state = "RETRYING"
            pause = FIRST_PAUSE_S * 2 ** min(execution.attempts, 12) * firing.factor
            delay = pause if posted.retry_after_s is None else posted.retry_after_s
            loop.call_later(delay, self._start, execution, firing)

    def _take(self, execution: Execution, posted: Posted) -> None:
        try:
            answer = msgspec.json.decode(posted.body)
        except msgspec.DecodeError:
            answer = None
        wrong = problem("ActionAnswer", answer)
        if wrong is not None:
            execution.state, execution.complaint = "FAILED", wrong
            return
        assert isinstance(answer, dict)
        execution.outputs = answer["outputFields"]
        state = execution.outputs.get("hs_execution_state", "SUCCESS")
        if state not in STATES:
            execution.state, execution.complaint = "FAILED", f"unknown hs_execution_state {state}"
            return
        execution.state = state
        if state == "BLOCK":
            self._block(execution)

    def _block(self, execution: Execution) -> None:
        wanted = execution.outputs.get("hs_expiration_duration")
        try:
            life = BLOCKED_MS if wanted is None else read_period_ms(str(wanted))
        except ValueError as error:
            execution.state, execution.complaint = "FAILED", str(error)
            return
        execution.ends_ms = self.clock.now_ms() + life

    def find(self, callback_id: str) -> Execution | None:
        """An execution, expired if its time is over."""
        execution = self.executions.get(callback_id)
        if (
            execution is not None
            and execution.state == "BLOCK"
            and execution.ends_ms is not None
            and execution.ends_ms <= self.clock.now_ms()
        ):
            execution.state = "EXPIRED"
        return execution

    def complete(self, execution: Execution, outputs: dict[str, str]) -> None:
        """End a blocked execution; a second completion changes nothing."""
        execution.completions += 1
        if execution.state == "BLOCK":
            execution.outputs = outputs
            execution.state = outputs.get("hs_execution_state", "SUCCESS")


def _is_final(status: int) -> bool:
    return 400 <= status < 500 and status != 429
