"""Templates with what they must come to, character by character; worked out by hand, not by the code.

Everything here runs through one reader and one set of values unless a row says otherwise, so that a row is a
template, a sink and its result. `tests/text/templating/test_no_escape_is_idle.py` takes each escape away and
wants one of these rows to notice.
"""
# ruff: noqa: RUF001  letters of other alphabets are what is tested

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from guerdon.text.templating import (
    NAMES,
    Amount,
    Links,
    Mistake,
    Reader,
    Sink,
    Template,
    Value,
    parse_template,
    render_template,
)

LINKS = Links(frozenset({"www.nordlys.example"}), own="http://127.0.0.1:8720")
ENGLISH = Reader("en", "GB", "Europe/London")
VALUES: Mapping[str, Value | None] = {
    "member.name": "Ann Lee",
    "program.name": "Nordlys & Co",
    "reward.value": Amount(20_000, "EUR", 2),
    "reward.rule": "Test drive",
    "reward.ends": date(2026, 3, 31),
    "reward.days_left": 1_234,
    "item.name": "Amazon.de card",
    "order.number": "ORD-7",
    "place.kept": datetime(2026, 2, 4, 23, 30, tzinfo=UTC),
    "link": "https://www.nordlys.example/c/x?a=1&b=2",
}
NAME = "{{#if member.name}}{{member.name}}{{/if}}"


@dataclass(frozen=True)
class Vector:
    """A template, where it goes, and what comes out."""

    template: str
    sink: Sink
    comes_to: str
    values: Mapping[str, Value | None] = field(default_factory=dict)
    reader: Reader = ENGLISH

    def come(self) -> str:
        """What comes out now; a mistake as its text."""
        template = parse_template(self.template, NAMES, LINKS)
        if not isinstance(template, Template):
            return "; ".join(str(mistake) for mistake in template)
        came = render_template(template, {**VALUES, **self.values}, self.sink, self.reader, LINKS)
        return f"mistake: {came}" if isinstance(came, Mistake) else came


def named(name: str, sink: Sink, comes_to: str, reader: Reader = ENGLISH) -> Vector:
    """A member's name, alone."""
    return Vector(NAME, sink, comes_to, {"member.name": name}, reader)


ARABIC = Reader("ar", "AE", "Asia/Dubai")
GERMAN = Reader("de", "AT", "Europe/Vienna")
# Formats: each type by itself and by its filters, in six languages.
WRITTEN = [
    Vector("{{reward.value}}", "text", "€200"),
    Vector("{{ reward.value | money }}", "text", "€200"),
    Vector("{{reward.value|number}}", "text", "200"),
    Vector(
        "{{reward.value}}",
        "text",
        "12\u202f345,50\u202f€".replace("\u202f", "\xa0"),
        {"reward.value": Amount(1_234_550, "EUR", 2)},
        Reader("fr", "FR"),
    ),
    Vector(
        "{{reward.value}}", "text", "€\xa012.345,50", {"reward.value": Amount(1_234_550, "EUR", 2)}, GERMAN
    ),
    Vector("{{reward.value}}", "text", "750\xa0د.إ", {"reward.value": Amount(75_000, "AED", 2)}, ARABIC),
    Vector(
        "{{reward.value}}",
        "text",
        "Rp150.000",
        {"reward.value": Amount(150_000, "IDR", 0)},
        Reader("id", "ID"),
    ),
    Vector(
        "{{reward.value}}",
        "text",
        "1.520\xa0points",
        {"reward.value": Amount(1_520, "points", 0)},
        Reader("es", "ES"),
    ),
    Vector(
        "{{reward.value}}",
        "text",
        "1,234.567\xa0د.ك",
        {"reward.value": Amount(1_234_567, "KWD", 3)},
        Reader("ar", "ZZ"),
    ),
    Vector(
        "{{reward.value}}",
        "text",
        "\u20681,520\xa0points\u2069",
        {"reward.value": Amount(1_520, "points", 0)},
        ARABIC,
    ),
    Vector("{{reward.value}}", "sms", "-€5", {"reward.value": Amount(-500, "EUR", 2)}),
    Vector("{{reward.value}}", "sms", "5 €", {"reward.value": Amount(500, "EUR", 2)}, Reader("de", "DE")),
    Vector("{{#if reward.ends}}until {{reward.ends}}{{/if}}", "text", "until 31 Mar 2026"),
    Vector("{{#if reward.ends}}bis {{reward.ends|day}}{{/if}}", "text", "bis 31. März 2026", {}, GERMAN),
    Vector("{{place.kept}}", "text", "5 Feb 2026, 00:30", {}, Reader("en", "GB", "Europe/Berlin")),
    Vector("{{place.kept|day}}", "text", "5 Feb 2026", {}, Reader("en", "GB", "Europe/Berlin")),
    Vector(
        "{{place.kept|moment}}", "text", "4 Feb 2026, 15:30", {}, Reader("en", "GB", "America/Los_Angeles")
    ),
    Vector("{{place.kept}}", "text", "5 فبراير 2026، 03:30", {}, ARABIC),
    Vector("{{#if reward.days_left}}{{reward.days_left}}{{/if}}", "text", "1,234"),
    Vector(
        "{{#if reward.days_left}}{{reward.days_left|number}}{{/if}}",
        "text",
        "1,5",
        {"reward.days_left": Decimal("1.5")},
        GERMAN,
    ),
]
# Blocks, and the lines that they take with them.
BLOCKS = [
    Vector("a{{#if reward.ends}}b{{/if}}c", "text", "abc"),
    Vector("a{{#if reward.ends}}b{{/if}}c", "text", "ac", {"reward.ends": None}),
    Vector("a {{#if reward.value}}b{{/if}}", "text", "a", {"reward.value": Amount(0, "EUR", 2)}),
    Vector("a{{#if reward.days_left}}b{{/if}}", "text", "a", {"reward.days_left": 0}),
    Vector(
        "Hello{{#if member.name}}, {{member.name}}{{/if}}", "text", "Hello", {"member.name": " \u202e\n "}
    ),
    Vector("one\n{{#if reward.ends}}\ntwo\n{{/if}}\nthree", "text", "one\ntwo\nthree"),
    Vector("one\n{{#if reward.ends}}\ntwo\n{{/if}}\nthree", "text", "one\nthree", {"reward.ends": None}),
    Vector("one\r\n  {{#if link}}  \r\ntwo\r\n\t{{/if}}\r\nthree\r\n", "text", "one\ntwo\nthree"),
    Vector("one {{#if link}}\ntwo{{/if}}\nthree", "text", "one \ntwo\nthree"),
    Vector("{{#if link}}{{/if}}{{#if link}}x{{/if}}", "html", "x"),
    Vector("", "text", ""),
    Vector("{ not } a tag, { {either} }", "text", "{ not } a tag, { {either} }"),
]
# Who writes a name writes text, wherever it goes.
VALUES_STAY_TEXT = [
    named("<script>alert(1)</script>", "html", "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"),
    named("\"' onload='x", "html", "<bdi>&quot;&#x27; onload=&#x27;x</bdi>"),
    named("</bdi><b>", "html", "<bdi>&lt;/bdi&gt;&lt;b&gt;</bdi>"),
    named("A&lt;B", "html", "<bdi>A&amp;lt;B</bdi>"),
    Vector("{{program.name}} <b>says</b>", "html", "<bdi>Nordlys &amp; Co</bdi> &lt;b&gt;says&lt;/b&gt;"),
    Vector("\"5 > 3\" & '2'", "html", "&quot;5 &gt; 3&quot; &amp; &#x27;2&#x27;"),
    named("{{link}}", "text", "{{link}}"),
    Vector("{{item.name}}", "sms", "{{reward.value|money}}", {"item.name": "{{reward.value|money}}"}),
    named("{{#if link}}x{{/if}}", "html", "<bdi>{{#if link}}x{{/if}}</bdi>"),
    named("{% for x in y %} %(a)s ${b} {c}", "text", "{% for x in y %} %(a)s ${b} {c}"),
    named('a"b\\c', "json", '"a\\"b\\\\c"'),
    named("</script>&", "json", '"\\u003c/script\\u003e\\u0026"'),
    Vector('one\n"two"', "json", '"one\\n\\"two\\""'),
    Vector(
        "{{order.number}}", "header", "ORD-7 Bcc: x@y.example", {"order.number": "ORD-7\r\nBcc: x@y.example"}
    ),
    named("Ann\r\nBcc: Eve", "header", "Ann Bcc: Eve"),
    named("Ann\x00\x1b[31m\x85Lee", "text", "Ann [31m Lee"),
    named("Ann\n\nLee", "html", "<bdi>Ann Lee</bdi>"),
    named("Ann\u2028Lee\u2029", "json", '"Ann Lee"'),
    named("\u202egro.live\u202c", "text", "gro. live"),
    named("a\u2066b\u2069\u200f\u061cc", "html", "<bdi>abc</bdi>"),
    named("a\ufeff\ufffe\ud83d\U0001ffffb", "text", "ab"),
    Vector("Dear\n customer,\t{{order.number}} ", "header", "Dear customer, ORD-7"),
    Vector("Hello\n\n{{order.number}}\u200f.", "sms", "Hello ORD-7."),
    Vector("a\u2003b\xa0c", "sms", "a b c"),
    Vector("a \u200f b", "header", "a b"),
    Vector("\n one \n", "html", "one"),
]
# What readers' programs make links of.
ADDRESSES = [
    named("https://evil.example/x", "text", "https: //evil. example/x"),
    named("Claim: www.evil.example", "html", "<bdi>Claim: www. evil. example</bdi>"),
    named("evil\uff0eexample evil\u3002example", "text", "evil\uff0e example evil\u3002 example"),
    named("evile\u0301.example Ann...Lee", "text", "evile\u0301. example Ann... Lee"),
    named("J.R.R. Tolkien Dr.Who", "text", "J. R. R. Tolkien Dr. Who"),
    Vector("{{item.name}}", "text", "Amazon.de card"),
    named("Ann 2.0 x.2 2.x", "text", "Ann 2.0 x. 2 2. x"),
    Vector("{{item.name}}", "text", "1/2 l, 1.5 l", {"item.name": "1/2 l, 1.5 l"}),
    Vector("{{item.name}}", "text", "evil. example/x", {"item.name": "evil.example/x"}),
    Vector("{{item.name}}", "text", "WWW. evil. example", {"item.name": "WWW.evil.example"}),
    Vector("{{item.name}}", "text", "https: //a. b", {"item.name": "https://a.b"}),
    Vector("{{link}}", "text", "https://www.nordlys.example/c/x?a=1&b=2"),
    Vector(
        "({{link}}).",
        "html",
        '(<a href="https://www.nordlys.example/c/x?a=1&amp;b=2"><bdi dir="ltr">'
        "https://www.nordlys.example/c/x?a=1&amp;b=2</bdi></a>).",
    ),
    Vector(
        "{{link}}",
        "html",
        '<a href="https://www.nordlys.example/?q=&quot;"><bdi dir="ltr">'
        "https://www.nordlys.example/?q=&quot;</bdi></a>",
        {"link": 'https://www.nordlys.example/?q="'},
    ),
    Vector("{{link}}", "text", "http://127.0.0.1:8720/c/x", {"link": "http://127.0.0.1:8720/c/x"}),
    Vector("see https://www.nordlys.example/faq#cost.", "text", "see https://www.nordlys.example/faq#cost."),
    Vector(
        "see www.nordlys.example/faq, or me@evil.example",
        "text",
        "see www.nordlys.example/faq, or me@evil.example",
    ),
    Vector(
        "z.B. 20.15Uhr, i.d.R. und/oder S.p.A 24.12./25.12. 1.5 km/h",
        "text",
        "z.B. 20.15Uhr, i.d.R. und/oder S.p.A 24.12./25.12. 1.5 km/h",
    ),
]
# Names of people, as they are.
PEOPLE = [
    named("👩‍👩‍👧‍👦 Zoë 🏴󠁧󠁢󠁳󠁣󠁴󠁿", "html", "<bdi>👩‍👩‍👧‍👦 Zoë 🏴󠁧󠁢󠁳󠁣󠁴󠁿</bdi>"),
    named("Zoe\u0308 n\u0303", "text", "Zoe\u0308 n\u0303"),
    named("👍🏽 ❤️", "sms", "👍🏽 ❤️"),
    named("نور الهاشمي", "text", "\u2068نور الهاشمي\u2069"),
    named("נועה", "header", "נועה"),
    named("نور", "text", "نور", ARABIC),
    named("Ann Lee", "text", "\u2068Ann Lee\u2069", ARABIC),
    named("Ann Lee", "json", '"\u2068Ann Lee\u2069"', ARABIC),
    named("می\u200cخواهم", "html", "<bdi>می\u200cخواهم</bdi>"),
    named("x" * 600, "text", "x" * 499 + "…"),
    named("x" * 497 + "e" + "\u0301" * 30, "text", "x" * 497 + "…"),
    named("x" * 495 + "👩‍👩‍👧‍👦", "text", "x" * 495 + "…"),
    named("O’Neill-Žižková", "header", "O’Neill-Žižková"),
]
NO_ADDRESSES: tuple[tuple[str, Sink], ...] = (
    ("javascript:alert(1)", "html"),
    ("data:text/html,x", "text"),
    ("//www.nordlys.example/", "sms"),
    ("https://www.nordlys.example@evil.example/", "html"),
    ("https://www.nordlys.example/\nx", "header"),
    ("https://www.nordlys.example/#a b", "html"),
    ("https://www.nordlys.example\\@evil.example", "json"),
)
# What cannot be written is said, and nothing goes out.
REFUSED = [
    Vector(
        "{{order.number}}",
        "text",
        "mistake: order.number has no value here  (ask for it with {{#if}}, or leave it out)",
        {"order.number": None},
    ),
    Vector("{{order.number}}", "text", "mistake: what order.number is given is no text", {"order.number": 7}),
    Vector(
        "{{reward.value}}", "text", "mistake: what reward.value is given is no money", {"reward.value": "200"}
    ),
    Vector(
        "{{place.kept}}",
        "text",
        "mistake: what place.kept is given is no moment",
        {"place.kept": date(2026, 1, 1)},
    ),
    Vector(
        "{{place.kept}}",
        "text",
        "mistake: place.kept cannot be written in the time zone Europe/Atlantis",
        {},
        Reader("en", "GB", "Europe/Atlantis"),
    ),
    Vector(
        "{{#if reward.days_left}}{{reward.days_left}}{{/if}}",
        "text",
        "mistake: what reward.days_left is given is no number",
        {"reward.days_left": Decimal("1E+99999")},
    ),
    *(
        Vector(
            "{{link}}",
            sink,
            f"mistake: link cannot be shown: {address} is no address  "
            "(write it like https://www.nordlys.example/offers, other letters as %C3%BC)",
            {"link": address},
        )
        for address, sink in NO_ADDRESSES
    ),
    Vector(
        "{{link}}",
        "html",
        "mistake: link cannot be shown: evil.example is no host of this program's links  "
        "(add the host to `links:`, or remove the address)",
        {"link": "https://evil.example/"},
    ),
    Vector(
        "{{link}}",
        "html",
        "mistake: link cannot be shown: www.nordlys.example.evil.example is no host of this "
        "program's links  (add the host to `links:`, or remove the address)",
        {"link": "https://www.nordlys.example.evil.example/"},
    ),
    Vector(
        "{{link}}",
        "html",
        "mistake: link cannot be shown: http://www.nordlys.example/ is not safe on its way  "
        "(write it with https://)",
        {"link": "http://www.nordlys.example/"},
    ),
    Vector(
        "{{link}}",
        "html",
        "mistake: link cannot be shown: http://127.0.0.1:8721/ is not safe on its way  "
        "(write it with https://)",
        {"link": "http://127.0.0.1:8721/"},
    ),
    Vector(
        "{{order.number}}" * 400,
        "text",
        "mistake: with its values this text is longer than 32 KiB  (shorten it, or name fewer values)",
        {"order.number": "x" * 500},
    ),
    Vector(
        "{{order.number}}" * 30,
        "json",
        "mistake: with its values this text is longer than 32 KiB  (shorten it, or name fewer values)",
        {"order.number": "<" * 500},
    ),
]

RENDERED = [*WRITTEN, *BLOCKS, *VALUES_STAY_TEXT, *ADDRESSES, *PEOPLE, *REFUSED]

# A template of a message that declares `link reward.value reward.ends member.name`, and its first mistake.
MISTAKES = [
    ("{{", "line 1, column 1: this {{ is not closed in its line  (write }} behind the name)"),
    ("a }} b", "line 1, column 3: this }} closes nothing  (remove it, or write {{ before the name)"),
    ("a\n b {{link\n}}", "line 2, column 4: this {{ is not closed in its line  (write }} behind the name)"),
    ("{{link {{link}}", "line 1, column 1: this {{ is not closed in its line  (write }} behind the name)"),
    ("{{}}", "line 1, column 1: here is no name  (write it like {{reward.value}})"),
    ("{{#if}}x{{/if}}", "line 1, column 1: here is no name  (write it like {{#if reward.ends}})"),
    ("é😀{{lnk}}", "line 1, column 3: unknown name lnk  (did you mean link?)"),
    ("{{Reward.Value}}", "line 1, column 1: unknown name Reward.Value  (did you mean reward.value?)"),
    (
        "{{zzz}}",
        "line 1, column 1: unknown name zzz  (known: link, member.name, reward.ends, reward.value)",
    ),
    (
        "{{item.name}}",
        "line 1, column 1: this message does not declare item.name  (add item.name to its `data:`)",
    ),
    (
        "{{#if item.price}}x{{/if}}",
        "line 1, column 1: this message does not declare item.price  (add item.price to its `data:`)",
    ),
    ("{{link.x}}", "line 1, column 1: unknown name link.x  (did you mean link?)"),
    (
        "{{reward.value.__class__}}",
        "line 1, column 1: unknown name reward.value.__class__  (did you mean reward.value?)",
    ),
    (
        "{{reward.value 2}}",
        (
            "line 1, column 1: reward.value 2 is more than a name  "
            "(write it like {{reward.value}} or {{reward.ends|day}})"
        ),
    ),
    (
        "{{reward.value|}}",
        "line 1, column 1: here is no filter behind |  (reward.value is a money: money, number)",
    ),
    (
        "{{reward.value|day}}",
        "line 1, column 1: day is no filter for reward.value  (reward.value is a money: money, number)",
    ),
    (
        "{{link|money}}",
        "line 1, column 1: money is no filter for link  (link is a link: write it without a filter)",
    ),
    ("{{reward.value|mony}}", "line 1, column 1: unknown filter mony  (did you mean money?)"),
    (
        "{{reward.value|money|number}}",
        "line 1, column 1: unknown filter money|number  (did you mean number?)",
    ),
    (
        "{{{link}}}",
        "line 1, column 1: a value is written safely wherever it stands  (write two braces: {{name}})",
    ),
    ("{{& link}}", "line 1, column 1: a value is always written safely  (write {{name}})"),
    (
        "{{#if link}}a{{else}}b{{/if}}",
        "line 1, column 14: there is no else  (write the text so that it reads well without, or two blocks)",
    ),
    ("{{#each links}}", "line 1, column 1: there are no loops  (lead to a page that lists them)"),
    ("{{#link}}", "line 1, column 1: only {{#if name}} asks for something  (write {{#if name}}...{{/if}})"),
    ("{{/link}}", "line 1, column 1: only {{/if}} ends something  (write {{/if}})"),
    ("{{if link}}", "line 1, column 1: {{if}} means nothing  (write {{#if name}})"),
    ("{{endif}}", "line 1, column 1: {{end}} means nothing  (write {{/if}})"),
    ("{{> footer}}", "line 1, column 1: a text takes in no other  (write its words here)"),
    (
        "{% if link %}",
        "line 1, column 1: `{%` means nothing here  (write {{#if name}} and {{/if}})",
    ),
    ("x {{#if link}} y", "line 1, column 3: this {{#if}} has no end  (write {{/if}} where its text ends)"),
    (
        "x{{/if}}",
        "line 1, column 2: this {{/if}} ends nothing  (remove it, or write {{#if name}} before its text)",
    ),
    (
        "{{#if link}}\n{{#if reward.ends}}x{{/if}}{{/if}}",
        "line 2, column 1: a {{#if}} inside of another  (end the one of line 1 with {{/if}} before)",
    ),
    (
        "Hi {{member.name}}",
        (
            "line 1, column 4: member.name may be missing, and then there is a hole  "
            "(write {{#if member.name}} before and {{/if}} behind what only makes sense with it)"
        ),
    ),
    (
        "{{#if link}}{{reward.ends}}{{/if}}",
        (
            "line 1, column 13: reward.ends may be missing, and then there is a hole  "
            "(end the block of line 1 first, and ask with {{#if reward.ends}})"
        ),
    ),
    (
        "a\u202eb",
        (
            "line 1, column 2: an invisible character that steers what follows it, U+202E  "
            "(remove it; values keep their own direction by themselves)"
        ),
    ),
    (
        "a\x07",
        (
            "line 1, column 2: an invisible character that steers what follows it, U+0007  "
            "(remove it; values keep their own direction by themselves)"
        ),
    ),
    ("\ud83d", "line 1, column 1: half of a character  (write the whole character)"),
    ("x" * 8_193, "a text is at most 8 KiB long  (shorten it, or lead to a page that tells the rest)"),
    ("é" * 4_097, "a text is at most 8 KiB long  (shorten it, or lead to a page that tells the rest)"),
    (
        "see http://www.nordlys.example/",
        "line 1, column 5: http://www.nordlys.example/ is not safe on its way  (write it with https://)",
    ),
    (
        "(https://evil.example)",
        (
            "line 1, column 1: evil.example is no host of this program's links  "
            "(add the host to `links:`, or remove the address)"
        ),
    ),
    (
        "https://www.nordlys.example:444/",
        "line 1, column 1: https://www.nordlys.example:444/ is not safe on its way  (write it with https://)",
    ),
    (
        "https://www.nordlys.example@evil.example",
        (
            "line 1, column 1: https://www.nordlys.example@evil.example is no address  "
            "(write it like https://www.nordlys.example/offers, other letters as %C3%BC)"
        ),
    ),
    (
        "https://www.nordlys.example/?to=https://evil.example",
        "line 1, column 1: two addresses in one  (leave a space between them, or remove one)",
    ),
    (
        "www.nordlys.example,evil.example!",
        (
            "line 1, column 1: evil.example would become a link  "
            "(add the host to `links:`; if it is no address, leave a space behind the point)"
        ),
    ),
    (
        "Visit:evil.xn--p1ai/x",
        (
            "line 1, column 1: evil.xn--p1ai would become a link  "
            "(add the host to `links:`; if it is no address, leave a space behind the point)"
        ),
    ),
    (
        "JavaScript:alert(1)",
        (
            "line 1, column 1: JavaScript:alert is no address that a message may have  "
            "(write an address with https://, or leave a space behind the colon)"
        ),
    ),
    (
        "*data:text/html,x",
        (
            "line 1, column 1: data:text/html is no address that a message may have  "
            "(write an address with https://, or leave a space behind the colon)"
        ),
    ),
    (
        "https://www.nordlys.example/?v={{reward.value}}",
        (
            "line 1, column 1: an address cannot be put together with values  "
            "(write the whole address, or {{link}}; else leave a space between)"
        ),
    ),
    (
        "https://{{#if link}}www.{{/if}}evil.example",
        (
            "line 1, column 1: www.evil.example is no host of this program's links  "
            "(add the host to `links:`, or remove the address)"
        ),
    ),
    (
        "go to {{reward.value}}.com",
        (
            "line 1, column 7: an address cannot be put together with values  "
            "(write the whole address, or {{link}}; else leave a space between)"
        ),
    ),
    (
        "{{link}}x",
        "line 1, column 1: what follows the link would become a part of it  (leave a space behind it)",
    ),
    (
        "www.{{reward.value}}",
        (
            "line 1, column 1: an address cannot be put together with values  "
            "(write the whole address, or {{link}}; else leave a space between)"
        ),
    ),
    (
        "http://www.nordlys.example:443/",
        "line 1, column 1: http://www.nordlys.example:443/ is not safe on its way  (write it with https://)",
    ),
    (
        "{{link}}{{link}}",
        "line 1, column 1: what follows the link would become a part of it  (leave a space behind it)",
    ),
]
DECLARED = frozenset({"link", "reward.value", "reward.ends", "member.name"})
