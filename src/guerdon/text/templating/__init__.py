"""The template language of programs: text, `{{name}}`, `{{name|filter}}`, `{{#if name}}...{{/if}}`.

Jinja renders the files that we ship; what a program's author writes is read by this folder alone, which knows
no loops, no attributes and no names but those of one table. `docs/templates.md` tells authors what they may
write.
"""

from guerdon.text.templating.checking import Checked, Found, Shown, Terms, check_text, unused_names
from guerdon.text.templating.filters import Reader
from guerdon.text.templating.grammar import Template, parse_template
from guerdon.text.templating.links import Links
from guerdon.text.templating.mistakes import Mistake
from guerdon.text.templating.names import NAMES, Amount, Name, Value, nouns
from guerdon.text.templating.render import render_template
from guerdon.text.templating.samples import SampleMarket, sample
from guerdon.text.templating.sinks import Sink
from guerdon.text.templating.slots import SLOTS, Slot

__all__ = [
    "NAMES",
    "SLOTS",
    "Amount",
    "Checked",
    "Found",
    "Links",
    "Mistake",
    "Name",
    "Reader",
    "SampleMarket",
    "Shown",
    "Sink",
    "Slot",
    "Template",
    "Terms",
    "Value",
    "check_text",
    "nouns",
    "parse_template",
    "render_template",
    "sample",
    "unused_names",
]
