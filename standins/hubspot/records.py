"""Records of one kind in one account: made, changed, merged, archived, forgotten, and told of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standins.hubspot.clock import Clock, written
from standins.hubspot.definitions import Definition, Group, first_groups, starting
from standins.hubspot.history import KEPT, History, Past, Source
from standins.hubspot.refusals import Bad, Refusal, invalid, invalid_values

TYPE_IDS = {"contacts": "0-1", "deals": "0-3"}
NAMED = {**{name: name for name in TYPE_IDS}, **{type_id: name for name, type_id in TYPE_IDS.items()}}
SINGULAR = {"contacts": "contact", "deals": "deal"}
MODIFIED = {"contacts": "lastmodifieddate", "deals": "hs_lastmodifieddate"}
ALWAYS = {
    "contacts": ("createdate", "hs_object_id", "lastmodifieddate"),
    "deals": ("createdate", "hs_lastmodifieddate", "hs_object_id"),
}
BY_DEFAULT = {
    "contacts": ("email", "firstname", "lastname", *ALWAYS["contacts"]),
    "deals": ("amount", "closedate", "dealname", "dealstage", "pipeline", *ALWAYS["deals"]),
}


@dataclass(slots=True)
class Record:
    """A contact or a deal."""

    id: str
    made_ms: int
    changed_ms: int
    properties: dict[str, str] = field(default_factory=dict)
    archived_ms: int | None = None
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that subscribers may be told of."""

    portal: int
    object_type: str
    what: str
    object_id: int
    at_ms: int
    source: Source
    name: str = ""
    value: str = ""
    merge: tuple[int, int, int, int] | None = None
    """primary, merged, new, number of properties moved"""


class Shelf:
    """All records of a kind, their definitions, and where merged ones went."""

    def __init__(
        self, portal: int, object_type: str, clock: Clock, tell: Callable[[Happening], None]
    ) -> None:
        self.portal = portal
        self.object_type = object_type
        self.clock = clock
        self.tell = tell
        self.definitions: dict[str, Definition] = starting(object_type, clock.now_ms())
        self.groups: dict[str, Group] = first_groups(object_type)
        self.records: dict[str, Record] = {}
        self.moved: dict[str, str] = {}
        self.unique: dict[str, dict[str, str]] = {}
        self.last_id = 100
        self.history_max = KEPT[object_type]

    def resolve(self, record_id: str) -> str:
        """The id under which a record lives now."""
        while record_id in self.moved:
            record_id = self.moved[record_id]
        return record_id

    def find(self, wanted: str, id_property: str | None = None, *, archived: bool = False) -> Record | None:
        """A record by its id, by an id merged into it, or by a property that has unique values."""
        if id_property in (None, "hs_object_id"):
            record = self.records.get(self.resolve(wanted))
        else:
            assert id_property is not None
            self.require_unique(id_property)
            key = wanted.strip().lower() if id_property == "email" else wanted
            record = self.records.get(self.unique.get(id_property, {}).get(key, ""))
        if record is None or (record.archived_ms is not None) != archived:
            return None
        return record

    def require_unique(self, name: str) -> None:
        """Refuse a property as a name of records unless its values are unique."""
        definition = self.definitions.get(name)
        if definition is None or definition.archived or not definition.unique:
            raise invalid(f"idProperty {name} is not a property with unique values of {self.object_type}")

    def canonical(self, values: dict[str, str], *, as_app: bool = True, rules: bool = True) -> dict[str, str]:
        """The values as they are kept; refuses unknown properties and values of a wrong type, all at once."""
        kept, wrong = {}, []
        for name, text in values.items():
            try:
                kept[name] = self._canonical_of(name, text, as_app=as_app, rules=rules)
            except Bad as bad:
                wrong.append(bad)
        if wrong:
            raise invalid_values(wrong)
        return kept

    def _canonical_of(self, name: str, text: str, *, as_app: bool, rules: bool) -> str:
        definition = self.definitions.get(name)
        if definition is None or definition.archived:
            raise Bad(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
        if definition.read_only and as_app:
            raise Bad(name, "READ_ONLY_VALUE", f'"{name}" is a read only property')
        kept = definition.canonical(text)
        if rules:
            definition.obeys(kept)
        return kept

    def require_free(self, values: dict[str, str], own_id: str | None = None) -> None:
        """Refuse values that must be unique and that another record has."""
        for name, text in values.items():
            owner = self.unique.get(name, {}).get(text) if text and self.definitions[name].unique else None
            if owner is None or owner == own_id:
                continue
            if name == "email":
                raise Refusal(409, "CONFLICT", f"Contact already exists. Existing ID: {owner}")
            raise invalid_values([Bad(name, "CONFLICTING_UNIQUE_VALUE", f"{name} {text} belongs to {owner}")])

    def create(self, values: dict[str, str], source: Source) -> Record:
        """Make a record of values that were checked."""
        self.require_free(values)
        now = self.clock.now_ms()
        self.last_id += 1
        record = Record(str(self.last_id), now, now)
        self.records[record.id] = record
        made = Past("", now, source)
        self._put(record, {"hs_object_id": record.id, "createdate": written(now)}, made)
        self._told(record, "creation", made)
        self._write(record, values, made)
        return record

    def update(self, record: Record, values: dict[str, str], source: Source) -> None:
        """Change a record to values that were checked."""
        self.require_free(values, record.id)
        self._write(record, values, Past("", self.clock.now_ms(), source))

    def archive(self, record: Record, source: Source) -> None:
        """Move a record to the recycling bin; its unique values are free again."""
        record.archived_ms = self.clock.now_ms()
        self._unindex(record)
        self._told(record, "deletion", Past("", record.archived_ms, source))

    def forget(self, record: Record, source: Source) -> None:
        """Delete a record for good, as privacy law asks."""
        self._unindex(record)
        del self.records[record.id]
        self._told(record, "privacyDeletion", Past("", self.clock.now_ms(), source))

    def merge(self, primary: Record, second: Record, source: Source, *, new_id: bool) -> Record:
        """Merge two records: into a new one, or (as before the change) into the primary."""
        now = self.clock.now_ms()
        moved = {
            name: text
            for name, text in second.properties.items()
            if text and not primary.properties.get(name) and not self.definitions[name].read_only
        }
        result = primary
        if new_id:
            self.last_id += 1
            result = Record(str(self.last_id), min(primary.made_ms, second.made_ms), now)
            result.properties = dict(primary.properties)
            result.history = primary.history
        self._unindex(primary)
        self._unindex(second)
        for old in (primary, second):
            self.records.pop(old.id, None)
        self.records[result.id] = result
        for old in (primary, second):
            if old.id != result.id:
                self.moved[old.id] = result.id
        merged = Past("", now, source)
        self._put(result, {**moved, **self._remembered(primary, second, result)}, merged)
        self._stamp(result, merged)
        for name, text in result.properties.items():
            self._index(name, text, result.id)
        for mail in result.properties.get("hs_additional_emails", "").split(";"):
            self._index("email", mail, result.id)
        ids = (int(primary.id), int(second.id), int(result.id), len(moved))
        self.tell(Happening(self.portal, self.object_type, "merge", int(result.id), now, source, merge=ids))
        return result

    @staticmethod
    def _remembered(primary: Record, second: Record, result: Record) -> dict[str, str]:
        known = [old.properties.get("hs_merged_object_ids", "") for old in (primary, second)]
        own = [old.id for old in (primary, second) if old.id != result.id]
        mails = [old.properties.get("hs_additional_emails", "") for old in (primary, second)]
        if primary.properties.get("email"):
            mails.append(second.properties.get("email", ""))
        kept = {
            "hs_object_id": result.id,
            "createdate": written(result.made_ms),
            "hs_merged_object_ids": ";".join(filter(None, [*known, *own])),
        }
        more = ";".join(filter(None, mails))
        return {**kept, "hs_additional_emails": more} if more else kept

    def _put(self, record: Record, values: dict[str, str], how: Past) -> None:
        """Set values and keep those that are new in the history; nobody is told."""
        for name, text in values.items():
            if record.properties.get(name) != text:
                record.properties[name] = text
                record.history.keep(name, how._replace(value=text), self.history_max)

    def _write(self, record: Record, values: dict[str, str], how: Past) -> None:
        changed = False
        for name, text in values.items():
            old = record.properties.get(name, "")
            if old == text:
                continue
            changed = True
            self._put(record, {name: text}, how)
            self._reindex(name, old, text, record.id)
            self._told(record, "propertyChange", how._replace(value=text), name)
        if changed or MODIFIED[self.object_type] not in record.properties:
            self._stamp(record, how)

    def _stamp(self, record: Record, how: Past) -> None:
        record.changed_ms = how.at_ms
        self._put(record, {MODIFIED[self.object_type]: written(how.at_ms)}, how)

    def _told(self, record: Record, what: str, how: Past, name: str = "") -> None:
        number = int(record.id)
        self.tell(
            Happening(self.portal, self.object_type, what, number, how.at_ms, how.source, name, how.value)
        )

    def _index(self, name: str, text: str, record_id: str) -> None:
        if text and name in self.definitions and self.definitions[name].unique:
            self.unique.setdefault(name, {})[text] = record_id

    def _reindex(self, name: str, old: str, text: str, record_id: str) -> None:
        if old and self.definitions[name].unique:
            self.unique.get(name, {}).pop(old, None)
        self._index(name, text, record_id)

    def _unindex(self, record: Record) -> None:
        for owners in self.unique.values():
            for text in self._named(record):
                if owners.get(text) == record.id:
                    del owners[text]

    @staticmethod
    def _named(record: Record) -> list[str]:
        return [*record.properties.values(), *record.properties.get("hs_additional_emails", "").split(";")]

    def view(self, names: list[str]) -> list[str]:
        """Which properties an answer has, for those asked for; unknown ones are left out."""
        wanted = {*names, *ALWAYS[self.object_type]} if names else set(BY_DEFAULT[self.object_type])
        return sorted(name for name in wanted if self._is_known(name))

    def _is_known(self, name: str) -> bool:
        definition = self.definitions.get(name)
        return definition is not None and not definition.archived

    def shown(self, record: Record, view: list[str], history: list[str] | None = None) -> dict[str, Any]:
        """The record as the API answers it."""
        have = record.properties
        shown: dict[str, Any] = {
            "id": record.id,
            "properties": {name: have.get(name) or None for name in view},
            "createdAt": have["createdate"],
            "updatedAt": have[MODIFIED[self.object_type]],
            "archived": record.archived_ms is not None,
        }
        if record.archived_ms is not None:
            shown["archivedAt"] = written(record.archived_ms)
        if history:
            shown["propertiesWithHistory"] = {
                name: record.history.shown(name) for name in history if self._is_known(name)
            }
        return shown
