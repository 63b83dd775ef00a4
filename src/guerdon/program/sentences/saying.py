"""Terms in words: each kind of condition has a sentence, and one that says its opposite; each value a phrase.

What is denied is not wrapped in "it is not so that": its own opposite is said, as people would.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from guerdon.expressions.declarations import Type
from guerdon.expressions.terms import (
    Arithmetic,
    Between,
    Broken,
    Choice,
    Comparison,
    ComparisonSign,
    Constant,
    DaysSince,
    Every,
    Fact,
    Holding,
    ItemField,
    Joined,
    Known,
    Length,
    Membership,
    Negative,
    Not,
    Part,
    Present,
    Rated,
    Some,
    Term,
    TextTest,
    TimeArithmetic,
    Windowed,
    size_of,
)
from guerdon.expressions.windows import Window
from guerdon.program.sentences.asked import Asked
from guerdon.program.sentences.names import Naming
from guerdon.program.sentences.scales import PLAIN, Scale
from guerdon.text import formats

# Beyond so many parts nobody reads a sentence to its end.
PARTS_MAX = 60
REMEMBERED_MAX = 8192
OPPOSITES: Mapping[ComparisonSign, ComparisonSign] = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
}  # fmt: skip
MIRRORED: Mapping[ComparisonSign, ComparisonSign] = {
    "==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<=",
}  # fmt: skip
TIMES = "\N{MULTIPLICATION SIGN}"
NOTHING = "\N{EN DASH}"
SIGNS = {"+": "+", "-": formats.MINUS, "*": TIMES, "/": "÷"}
_Sums = (Arithmetic, TimeArithmetic, Choice, Joined)


def condition_words(term: Term, naming: Naming, *, holds: bool = True) -> str | None:
    """A condition as a sentence, or its opposite; None where it is too long for one."""
    return _condition_words(Asked(term, naming, holds=holds))


@lru_cache(maxsize=REMEMBERED_MAX)
def _condition_words(asked: Asked) -> str | None:
    if size_of(asked.term, {})[0] > PARTS_MAX:
        return None
    return _Saying(asked.naming).condition(asked.term, holds=asked.holds)


def value_words(term: Term, naming: Naming) -> str:
    """What a term is the value of, as a phrase."""
    return _Saying(naming).value(term)


class _Saying:
    def __init__(self, naming: Naming) -> None:
        self.naming = naming
        self.words = naming.words
        self.say = naming.words.gettext

    def condition(self, term: Term, *, holds: bool) -> str:  # noqa: C901, PLR0911  a kind of condition each
        """A condition as a sentence; `holds` False: its opposite."""
        match term:
            case Not(operand=operand):
                return self.condition(operand, holds=not holds)
            case Every(parts=parts) | Some(parts=parts):
                return self._joined(parts, every=isinstance(term, Every) == holds, holds=holds)
            case Comparison():
                return self._compared(term, holds=holds)
            case Between():
                return self._between(term, holds=holds)
            case Membership(item=item, options=options):
                scale = self.naming.scale(item)
                listed = ", ".join(self.value(each, scale) for each in options) or NOTHING
                return self._filled(
                    self.say("%(what)s is one of these: %(options)s")
                    if holds
                    else self.say("%(what)s is none of these: %(options)s"),
                    what=self.value(item),
                    options=listed,
                )
            case TextTest():
                return self._searched(term, holds=holds)
            case Holding():
                return self._holding(term, holds=holds)
            case Present(fact=of) | Known(operand=of):
                known = self.say("%(what)s is known") if holds else self.say("%(what)s is not known")
                return self._filled(known, what=self.value(of))
            case Choice(condition=condition, then=then, otherwise=otherwise):
                return self._filled(
                    self.say("if %(condition)s: %(then)s; otherwise: %(otherwise)s"),
                    condition=self.condition(condition, holds=True),
                    then=self.condition(then, holds=holds),
                    otherwise=self.condition(otherwise, holds=holds),
                )
            case Constant(value=value):
                return self.say("always") if bool(value) == holds else self.say("never")
            case _:
                truth = self.say("%(what)s is “yes”") if holds else self.say("%(what)s is “no”")
                return self._filled(truth, what=self.value(term))

    def value(self, term: Term, scale: Scale = PLAIN) -> str:  # noqa: C901, PLR0911, PLR0912  a kind each
        """A phrase for a value; a constant is read on the scale of what stands beside it."""
        say = self.say
        match term:
            case Constant(value=value):
                return self.naming.shown(value, scale)
            case Fact() | ItemField():
                return self.naming.fact(term)
            case Windowed(window=window):
                return self._windowed(window)
            case Negative(operand=operand):
                return formats.MINUS + self._inner(operand, scale)
            case Arithmetic() | TimeArithmetic():
                return self._computed(term)
            case Joined(left=left, right=right):
                return self._filled(
                    say("%(first)s followed by %(second)s"), first=self.value(left), second=self.value(right)
                )
            case Part(part=part, of=of):
                return self._filled(self._part(part, of), what=self.value(of))
            case DaysSince(instant=instant):
                return self._filled(say("days since %(what)s"), what=self.value(instant))
            case Rated(amount=amount, times=times, parts=parts):
                share = formats.rate(Decimal(times) / parts, self.naming.locale)
                return f"{self._inner(amount, scale)} {TIMES} {share}"
            case Length(text=text):
                return self._filled(say("number of letters of %(what)s"), what=self.value(text))
            case Choice(condition=condition, then=then, otherwise=otherwise) if term.type is not Type.BOOL:
                return self._filled(
                    say("%(then)s if %(condition)s, otherwise %(otherwise)s"),
                    then=self.value(then, scale),
                    condition=self.condition(condition, holds=True),
                    otherwise=self.value(otherwise, scale),
                )
            case Broken():
                return say("something else")
            case _:
                return f"({self.condition(term, holds=True)})"

    def _joined(self, parts: tuple[Term, ...], *, every: bool, holds: bool) -> str:
        said = [self._within(part, holds=holds) for part in parts]
        joined = said[0]
        for each in said[1:]:
            pattern = self.say("%(first)s and %(second)s") if every else self.say("%(first)s or %(second)s")
            joined = self._filled(pattern, first=joined, second=each)
        return joined

    def _within(self, part: Term, *, holds: bool) -> str:
        inner = part
        while isinstance(inner, Not):
            inner = inner.operand
        said = self.condition(part, holds=holds)
        return f"({said})" if isinstance(inner, (Every, Some, Choice, Between)) else said

    def _compared(self, term: Comparison, *, holds: bool) -> str:
        left, right, sign = term.left, term.right, term.sign
        if isinstance(left, Constant) and not isinstance(right, Constant):
            left, right, sign = right, left, MIRRORED[sign]
        if left.type is Type.BOOL and isinstance(right, Constant):
            return self.condition(left, holds=holds == ((sign == "==") == bool(right.value)))
        sign = sign if holds else OPPOSITES[sign]
        scale = self.naming.scale(left)
        scale = scale if scale != PLAIN else self.naming.scale(right)
        pattern = self._sign(sign, left.type)
        return self._filled(pattern, what=self.value(left, scale), than=self.value(right, scale))

    def _sign(self, sign: ComparisonSign, of: Type | None) -> str:
        say = self.say
        if sign in {"==", "!="}:
            return say("%(what)s is %(than)s") if sign == "==" else say("%(what)s is not %(than)s")
        if of is Type.TIMESTAMP:
            return {
                "<": say("%(what)s is before %(than)s"),
                "<=": say("%(what)s is not after %(than)s"),
                ">": say("%(what)s is after %(than)s"),
                ">=": say("%(what)s is not before %(than)s"),
            }[sign]
        if of is Type.STRING:
            return {
                "<": say("%(what)s stands before %(than)s by its letters"),
                "<=": say("%(what)s does not stand after %(than)s by its letters"),
                ">": say("%(what)s stands after %(than)s by its letters"),
                ">=": say("%(what)s does not stand before %(than)s by its letters"),
            }[sign]
        return {
            "<": say("%(what)s is less than %(than)s"),
            "<=": say("%(what)s is at most %(than)s"),
            ">": say("%(what)s is more than %(than)s"),
            ">=": say("%(what)s is at least %(than)s"),
        }[sign]

    def _between(self, term: Between, *, holds: bool) -> str:
        scale = self.naming.scale(term.value)
        if term.value.type is Type.TIMESTAMP:
            within = self.say("%(what)s is not before %(first)s, and before %(end)s")
            beyond = self.say("%(what)s is before %(first)s, or not before %(end)s")
        else:
            within = self.say("%(what)s is at least %(first)s and less than %(end)s")
            beyond = self.say("%(what)s is less than %(first)s or at least %(end)s")
        return self._filled(
            within if holds else beyond,
            what=self.value(term.value),
            first=self.value(term.first, scale),
            end=self.value(term.end, scale),
        )

    def _searched(self, term: TextTest, *, holds: bool) -> str:
        say = self.say
        match term.search:
            case "startsWith":
                told = (say("%(what)s begins with %(part)s"), say("%(what)s does not begin with %(part)s"))
            case "endsWith":
                told = (say("%(what)s ends with %(part)s"), say("%(what)s does not end with %(part)s"))
            case "contains":
                told = (say("%(what)s contains %(part)s"), say("%(what)s does not contain %(part)s"))
        pattern = told[0] if holds else told[1]
        return self._filled(pattern, what=self.value(term.text), part=self.value(term.part))

    def _holding(self, term: Holding, *, holds: bool) -> str:
        what = self.naming.holding(term.kind)
        if term.condition is None:
            has = self.say("there is one of these: %(what)s")
            return self._filled(has if holds else self.say("there is none of these: %(what)s"), what=what)
        having = (
            self.say("there is one of these: %(what)s, for which %(condition)s")
            if holds
            else self.say("there is none of these: %(what)s, for which %(condition)s")
        )
        return self._filled(having, what=what, condition=self.condition(term.condition, holds=True))

    def _windowed(self, window: Window) -> str:
        event, when = self.naming.event_type(window.event), self._span(window.span.text)
        if window.field is None:
            return self._filled(self.say("number of “%(event)s” %(when)s"), event=event, when=when)
        field = self.naming.field(window.event, window.field)
        said = self.say("sum of “%(field)s” of “%(event)s” %(when)s")
        return self._filled(said, field=field, event=event, when=when)

    def _span(self, text: str) -> str:
        match text:
            case "ever":
                return self.say("since the beginning")
            case "month":
                return self.say("in the same month")
            case "year":
                return self.say("in the same year")
        number = int(text[:-1])
        shown = {"n": formats.number(number, self.naming.locale)}
        if text.endswith("d"):
            return self.words.ngettext("in the last %(n)s day", "in the last %(n)s days", number) % shown
        return self.words.ngettext("in the last %(n)s month", "in the last %(n)s months", number) % shown

    def _computed(self, term: Arithmetic | TimeArithmetic) -> str:
        left, right, sign = term.left, term.right, term.sign
        if isinstance(term, TimeArithmetic) and left.type is right.type is Type.TIMESTAMP and sign == "-":
            pattern = self.say("time from %(first)s to %(second)s")
            return self._filled(pattern, first=self.value(right), second=self.value(left))
        scale = self.naming.scale(term) if sign in "+-" else PLAIN
        if sign == "%":
            pattern = self.say("remainder of %(first)s divided by %(second)s")
            return self._filled(pattern, first=self._inner(left), second=self._inner(right))
        return f"{self._inner(left, scale)} {SIGNS[sign]} {self._inner(right, scale)}"

    def _inner(self, term: Term, scale: Scale = PLAIN) -> str:
        said = self.value(term, scale)
        return f"({said})" if isinstance(term, _Sums) else said

    def _part(self, part: str, of: Term) -> str:  # noqa: PLR0911  a part each
        say, length = self.say, of.type is Type.DURATION
        match part:
            case "getFullYear":
                return say("year of %(what)s")
            case "getMonth":
                return say("month of %(what)s")
            case "getDate" | "getDayOfMonth":
                return say("day of the month of %(what)s")
            case "getDayOfWeek":
                return say("weekday of %(what)s")
            case "getDayOfYear":
                return say("day of the year of %(what)s")
            case "getHours":
                return say("whole hours of %(what)s") if length else say("hour of %(what)s")
            case "getMinutes":
                return say("whole minutes of %(what)s") if length else say("minute of %(what)s")
            case _:
                return say("whole seconds of %(what)s") if length else say("second of %(what)s")

    @staticmethod
    def _filled(pattern: str, **places: str) -> str:
        return pattern % places
