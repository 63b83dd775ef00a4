"""The regions of a page that live updates replace: which there are, and what each is rendered from.

A page includes the same files that the stream sends, so what one sees after an update is what one would see
after reloading. What is computed here depends on the program, the view and the cut, never on who looks.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from guerdon.engine.segments.meaning import said
from guerdon.program.model import Program
from guerdon.queries.budgets import BudgetLine, list_budgets, load_tree
from guerdon.queries.catalog.keys import load_names
from guerdon.queries.decisions import count_open
from guerdon.queries.intake import load_undecided
from guerdon.queries.overview import Cut, load_overview
from guerdon.queries.receipts import chosen, count_reasons, list_latest
from guerdon.queries.segments import load_lines
from guerdon.queries.series import load_series
from guerdon.store.database import Transaction
from guerdon.store.imports.runs import Import
from guerdon.store.versions.replays import ReplayRow
from guerdon.text.pages import render_page
from guerdon.text.referrals import reason_said, state_said
from guerdon.values.ids import show
from guerdon.web.console.broadcasts import progress as broadcasting
from guerdon.web.console.desk import console_address
from guerdon.web.console.drawing import issued_chart, size_chart
from guerdon.web.console.imports import progress as importing
from guerdon.web.console.replays.progress import progress_context
from guerdon.web.console.reporting import add_up, budget_sums
from guerdon.web.console.seen import Seen
from guerdon.web.console.words import Namer

FEED_ROWS = 8
LIVE_ROWS = 60
LOW_SHARE = 0.85
BUDGETS_SHOWN = 500

OVERVIEW = ("answer", "issued", "figures", "metrics", "journey", "budgets", "waiting", "feed")
LIVE = ("feed",)
BUDGETS = ("tree",)
SEGMENTS = ("segments",)
REFERRALS = ("referral_figures", "referral_pairs")
SEGMENT = ("segment_size", "segment_chart", "segment_members", "segment_markets")
# What others did to the one request that is open.
DECISION = ("news",)
# How far the one replay is that is open.
REPLAY = ("progress",)
BROADCAST = ("broadcast",)
IMPORT = ("import",)
# How many rows of a list came after its page.
LIST = ("fresh",)
VIEWS: Mapping[str, tuple[str, ...]] = {
    "overview": OVERVIEW,
    "live": LIVE,
    "budgets": BUDGETS,
    "segments": SEGMENTS,
    "segment": SEGMENT,
    "referrals": REFERRALS,
    "decision": DECISION,
    "replay": REPLAY,
    "broadcast": BROADCAST,
    "import": IMPORT,
    "list": LIST,
}


def load_view(tx: Transaction, view: str, program: Program, cut: Cut, now: datetime) -> Seen:
    """Load everything a view shows."""
    if view == "live":
        latest = list_latest(tx, LIVE_ROWS, cut.market)
        shown_facts = {"latest": latest, "named": load_names(tx, chosen(latest)), "rows": LIVE_ROWS}
        return Seen(view, program, cut, now, shown_facts)
    if view == "segments":
        return Seen(view, program, cut, now, load_lines(tx, program, cut.market))
    today = now.astimezone(ZoneInfo(program.time_zone)).date()
    if view == "budgets":
        lines = [
            line for line in load_tree(tx, program, today) if cut.market is None or line.market == cut.market
        ]
        shown = _most_used(lines)
        low = sum(line.used_share >= LOW_SHARE for line in lines)
        facts: dict[str, object] = {"lines": shown, "left_out": len(lines) - len(shown), "low": low}
        facts["together"] = add_up(tx, program, cut.into, budget_sums(lines, today))
        return Seen(view, program, cut, now, facts)
    budgets = list_budgets(tx, program, today, cut.market)
    latest = list_latest(tx, FEED_ROWS, cut.market)
    return Seen(
        view,
        program,
        cut,
        now,
        {
            "figures": load_overview(tx, program, cut),
            "series": load_series(tx, program, cut, now),
            "budgets": budgets,
            "low": [line for line in budgets if line.used_share >= LOW_SHARE],
            "undecided": load_undecided(tx),
            "decisions": count_open(tx, cut.market),
            "reasons": count_reasons(tx, cut.market),
            "latest": latest,
            "named": load_names(tx, chosen(latest)),
            "rows": FEED_ROWS,
        },
    )


def _most_used(lines: Sequence[BudgetLine]) -> list[BudgetLine]:
    """As many as a page can hold, in their order: those that feed others, then the most used."""
    first = sorted(lines, key=lambda line: (not line.children, -line.used_share))[:BUDGETS_SHOWN]
    kept = {line.account for line in first}
    return [line for line in lines if line.account in kept]


def region_context(seen: Seen, locale: str) -> dict[str, object]:
    """What the regions' templates are given."""
    named = seen.facts.get("named")
    context: dict[str, object] = {
        "program": seen.program,
        "cut": seen.cut,
        "unit": seen.program.units[seen.cut.unit],
        "zone": seen.program.time_zone,
        "names": Namer(seen.program, locale, named if isinstance(named, dict) else {}),
        "shown": show,
        "address": lambda path="", **terms: console_address(seen.program.key, seen.cut, path, **terms),
        "now": seen.at,
        **seen.facts,
    }
    if seen.view == "segments":
        context["sentence"] = lambda segment: said(seen.program, segment, locale)
    if seen.view == "referrals":
        context["reason_said"] = lambda reason: reason_said(reason, locale)
        context["state_said"] = lambda state: state_said(state, locale)
    if isinstance(replay := seen.facts.get("replay"), ReplayRow):
        context |= progress_context(replay, locale)
    if isinstance(progress := seen.facts.get("progress"), broadcasting.Progress):
        context |= broadcasting.progress_context(progress, locale)
    if isinstance(run := seen.facts.get("run"), Import):
        context |= importing.progress_context(run, locale)
    if isinstance(history := seen.facts.get("history"), list):
        context["chart"] = size_chart(history, locale)
    if "series" in seen.facts:
        context["chart"] = issued_chart(seen, locale)
    return context


def render_regions(seen: Seen, locale: str) -> dict[str, str]:
    """Each region of a view as text, by its id."""
    context = region_context(seen, locale)
    return {name: render_page(f"console/regions/{name}.html", locale, **context) for name in VIEWS[seen.view]}
