"""Versions of the program, what one says otherwise than another, and the drafts that become one."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from guerdon.web.api.shapes.plain import (
    Cursor,
    DraftId,
    Filter,
    Given,
    Instant,
    InstantGiven,
    Limit,
    Next,
    Reason,
    RequestId,
    Told,
    whole,
)

NUMBER_MAX = 2_147_483_647
VersionNumber = Annotated[int, Field(ge=1, le=NUMBER_MAX, description="The number of a version.")]
# The same in an address.
VersionAsked = Annotated[
    int,
    BeforeValidator(whole),
    Field(ge=1, le=NUMBER_MAX, description="The number of a version.", examples=[1]),
]
Edition = Annotated[
    int,
    Field(
        ge=1,
        le=NUMBER_MAX,
        description="The edition that this stands on: if somebody saved since, nothing is done.",
    ),
]
VersionState = Literal["scheduled", "live", "retired", "called_off"]
DraftState = Literal["draft", "review", "published", "closed"]
Language = Literal["en", "es", "de", "fr", "ar", "id"]
ProgramText = Annotated[
    str,
    Field(
        pattern=r"^[^\x00]*$",
        description="A program as its file has it, right or wrong.",
    ),
]
DraftTitle = Annotated[
    str,
    Field(
        max_length=200,
        pattern=r"^[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\x00-\x1f\x7f]*$",
        description="What people call it.",
    ),
]
Sha = Annotated[str, Field(description="SHA-256 of the program; comments and spaces do not count.")]
Who = Annotated[str, Field(description="A person (`per_...`), a key (`key:...`), or who typed a command.")]


class WhichVersions(Filter):
    """A page of the versions."""

    limit: Limit = 50
    after: Cursor | None = None


class WhichChanges(Filter):
    """Since which version, and in which language."""

    since: VersionAsked | None = Field(None, description="Without it, since the one that was live before.")
    language: Language = "en"


class Version(Told):
    """A version, and when it is live: from `live_from` up to `live_to`, null until further notice."""

    version: VersionNumber
    state: VersionState
    sha256: Sha
    live_from: Instant
    live_to: Instant | None
    published_at: Instant
    made_by: Who
    signed_by: list[Who]
    request: RequestId | None
    of_version: VersionNumber | None = Field(description="The version whose text it brought back.")
    reason: str
    called_off_by: Who | None
    called_off_because: str | None


class Versions(Told):
    """Versions, those that are live last first."""

    versions: list[Version]
    next: Next


class VersionText(Version):
    """A version with its text, as somebody wrote it where that is known."""

    text: str


class VersionChanges(Told):
    """What a version says otherwise than another, in words."""

    version: VersionNumber
    since: VersionNumber | None
    language: Language
    changes: list[str]


class Recall(Given):
    """Why a version shall not become live, or is to be live again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "It gave far too much"}]})

    reason: Reason


class Check(Given):
    """A text to be checked; nothing is kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "program: harbor\n"}]})

    text: ProgramText
    language: Language = "en"


class Mistake(Told):
    """What is wrong in a text, and what to write instead where that can be said."""

    line: int | None
    where: str
    what: str
    hint: str


class Checked(Told):
    """Everything that is wrong with a text; or what it says otherwise than the live version."""

    valid: bool
    sha256: Sha | None
    mistakes: list[Mistake]
    changes: list[str]


class Begin(Given):
    """A draft that begins from a version, the live one if none is named; with its text, or another."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"title": "Spring", "based_on": 1},
                {"title": "Autumn", "text": "program: harbor\n"},
            ]
        }
    )

    title: DraftTitle
    based_on: VersionNumber | None = None
    text: ProgramText | None = None


class Save(Given):
    """The next edition of a draft."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"edition": 1, "title": "Spring", "text": "program: harbor\n"}]}
    )

    edition: Edition
    title: DraftTitle
    text: ProgramText


class Submit(Given):
    """A draft that others are asked to sign, to be live as soon as that is done or from later on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"edition": 2, "reason": "Spring offers"}]})

    edition: Edition
    reason: Reason
    live_from: InstantGiven | None = None


class Draft(Told):
    """A draft as it stands; in `review` its text stands still."""

    id: DraftId
    title: str
    state: DraftState
    edition: int
    based_on: VersionNumber
    created_by: Who
    created_at: Instant
    saved_by: Who
    saved_at: Instant
    request: RequestId | None


class DraftText(Draft):
    """A draft with its text and everything that is wrong with it."""

    text: str
    sha256: Sha | None
    mistakes: list[Mistake]
    replay: Literal["done", "never", "old", "short", "empty"] | None = Field(
        description="Whether exactly this text was replayed, as it has to be before it is submitted; "
        "null where the text is wrong."
    )


class Drafts(Told):
    """Drafts that were neither published nor put away, the latest first."""

    drafts: list[Draft]


class Submitted(Told):
    """The request by which others are asked to sign a draft."""

    draft: DraftId
    edition: int
    sha256: Sha
    request: RequestId
    revision: int
    state: str
