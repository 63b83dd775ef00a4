"""All that is kept of a member, as it is handed over."""

from typing import Any

from pydantic import ConfigDict, Field

from guerdon.web.api.shapes.plain import Given, Instant, MemberId, Reason, Told

_ROW: dict[str, Any] = {"id": "1", "code": "••••••••7Q2X"}


class ExportAsked(Given):
    """Why somebody's data is handed over, and to whom; the audit keeps it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Asked for by letter"}]})

    reason: Reason


class MemberExport(Told):
    """A member's data. Beside what is named here there is `table NAME` for each table with rows of theirs."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "member": "mem_0000000000001",
                    "exported_at": "2026-05-04T09:30:00+00:00",
                    "person": {"name": "Ada Example"},
                    "words": [],
                    "codes": [_ROW],
                    "decisions": [{"event": "evt_0000000000001", "said": "You earned 300 points."}],
                    "asked_for": [],
                    "elsewhere": {
                        "deliveries": "bodies of what came in are deleted some days after they came"
                    },
                    "table members": [{"market": "DE"}],
                }
            ]
        },
    )
    __pydantic_extra__: dict[str, list[dict[str, Any]]] = Field(init=False)

    member: MemberId
    exported_at: Instant
    person: dict[str, str | None] | None = Field(
        description="Who they are, in clear; nothing once they were erased"
    )
    words: list[dict[str, str]] = Field(description="What they wrote and were told")
    codes: list[dict[str, Any]] = Field(description="Whole where they saw the code, else its last letters")
    decisions: list[dict[str, str]] = Field(description="What came of each of their events, newest first")
    asked_for: list[dict[str, Any]] = Field(description="What they asked staff for")
    elsewhere: dict[str, str] = Field(description="What is kept where no file of ours can hold it")
