"""Words for the catalog: kinds of items, how they come, where they stand, and who delivers them."""

from guerdon.store.catalog.pictures import PictureRow
from guerdon.store.catalog.staged import StagedRow
from guerdon.text.catalogs import words
from guerdon.text.feed_faults import feed_fault_text
from guerdon.text.feed_rows import wrong_row_text


def kind_said(kind: str, locale: str) -> str:
    """A kind of item."""
    say = words(locale, "console").gettext
    return {
        "gift_card": say("Gift card"),
        "prepaid": say("Prepaid card"),
        "donation": say("Donation"),
        "product": say("Product"),
        "experience": say("Experience"),
        "service": say("Service"),
        "voucher": say("Voucher"),
    }[kind]


def delivery_said(delivery: str, locale: str) -> str:
    """How an item comes to whoever chose it."""
    say = words(locale, "console").gettext
    return {
        "code": say("As a code"),
        "link": say("As a link"),
        "physical": say("By post"),
        "donation": say("Passed on"),
        "place": say("At a place"),
        "account": say("To an account"),
    }[delivery]


def item_state_said(state: str, locale: str) -> str:
    """Whether an item can be chosen, and why not."""
    say = words(locale, "console").gettext
    return {
        "offered": say("Can be chosen"),
        "sold_out": say("Sold out"),
        "later": say("Not yet"),
        "ended": say("No longer"),
        "gone": say("Gone from its feed"),
        "hidden": say("Hidden by hand"),
    }[state]


def supplier_said(supplier: str, locale: str) -> str:
    """Who delivers: staff, own codes, or an account by its own key."""
    say = words(locale, "console").gettext
    return {"pool": say("Own codes"), "manual": say("Staff")}.get(supplier, supplier)


def need_said(need: str, locale: str) -> str:
    """What a supplier must be told of whoever gets it."""
    say = words(locale, "console").gettext
    return {
        "email": say("E-mail"),
        "phone": say("Phone"),
        "address": say("Address"),
        "name": say("Name"),
    }[need]


def order_state_said(state: str, locale: str) -> str:
    """Where an order of an item stands."""
    say = words(locale, "console").gettext
    return {
        "reserved": say("Reserved"),
        "ordered": say("Ordered"),
        "unknown": say("Not known yet"),
        "fulfilled": say("Delivered"),
        "failed": say("Could not be had"),
        "canceled": say("Canceled before"),
        "returned": say("Returned"),
    }[state]


def field_said(field: str, locale: str) -> str:
    """A field of an item."""
    say = words(locale, "console").gettext
    return {
        "names": say("Name"),
        "abouts": say("Description"),
        "terms": say("Terms"),
        "uses": say("How to use it"),
        "category": say("Category"),
        "kind": say("Kind"),
        "brand": say("Brand"),
        "delivery": say("How it comes"),
        "lead_minutes": say("Minutes that it takes"),
        "markets": say("Markets"),
        "currency": say("Currency"),
        "denominations": say("Amounts"),
        "range_min": say("At least"),
        "range_max": say("At most"),
        "range_step": say("In steps of"),
        "prices": say("Price in points"),
        "segments": say("Only for members of"),
        "visible_from": say("To be seen from"),
        "visible_to": say("To be seen until"),
        "popularity": say("How often it is chosen"),
        "other_amounts": say("Amounts in other units"),
        "image": say("Picture"),
        "supplier": say("Supplier"),
        "slots": say("Date and place"),
    }[field]


def sync_state_said(state: str, locale: str) -> str:
    """What became of a reading of a feed."""
    say = words(locale, "console").gettext
    return {
        "new": say("Never read"),
        "reading": say("Being read"),
        "staged": say("Waits for somebody"),
        "applied": say("Applied"),
        "refused": say("Refused"),
        "dropped": say("Dropped"),
    }[state]


def sync_kind_said(kind: str, locale: str) -> str:
    """Whether a reading is of all of a feed."""
    say = words(locale, "console").gettext
    return {"full": say("All of the feed"), "delta": say("Changes alone")}[kind]


def what_said(what: str, locale: str) -> str:
    """What a row of a feed does."""
    say = words(locale, "console").gettext
    return {
        "new": say("New"),
        "changed": say("Changed"),
        "gone": say("Gone"),
        "wrong": say("Wrong"),
    }[what]


def wrong_said(row: StagedRow, locale: str) -> str:
    """Why a row of a feed is wrong."""
    return wrong_row_text(words(locale, "reasons"), row.problem, row.said)


def picture_said(row: PictureRow, locale: str) -> str:
    """Why the picture of an item did not come."""
    return wrong_row_text(words(locale, "reasons"), row.why, row.said)


def fault_said(kept: str, locale: str) -> str:
    """Why a feed could not be read to its end, by what is kept of it."""
    return feed_fault_text(words(locale, "reasons"), kept)


def waits_said(why: str, locale: str) -> str:
    """Why a reading waits for somebody; nothing where it does not, or says so itself."""
    say = words(locale, "console").gettext
    return {
        "empty": say("There is not one good row in it. Accepted, it would empty the feed."),
        "wrong": say("More than 5 of 100 rows are wrong. What they say is left as it is."),
        "gone": say("More than 30 of 100 items of the feed would be gone, or would lose something."),
        "cut": say("It ends in the middle: something is missing."),
        "preview": say("It was asked to wait."),
    }.get(why, "")


def hindrance_said(why: str, locale: str) -> str:
    """Why the items of an account could not be read; nothing where they could."""
    say = words(locale, "console").gettext
    return {
        "": "",
        "key": say("It cannot be asked: its key is not set here."),
        "later": say("They do not answer just now. It is asked again by itself."),
        "shut": say("They do not let us ask: somebody has to look."),
        "cut": say("Their list broke off. It is read again by itself."),
        "reading": say("It is being read by somebody else just now."),
        "feed": say("It cannot be a feed: its name is too long, or it is called program."),
        "fault": say("Reading it failed. It is tried again by itself."),
    }[why]


def refusal_said(why: str, locale: str) -> str:
    """Why nothing was done with a feed or a reading of one."""
    say = words(locale, "console").gettext
    return {
        "": "",
        "reason": say("Nothing was done: a reason is needed."),
        "state": say("Nothing was done: somebody has settled it already."),
        "unknown": say("Nothing was done: somebody has settled it already."),
        "same": say("Nothing was done: it is so already."),
        "moved": say("Nothing was done: the feed was read again since. Look at the newer reading."),
        "feed": say("Nothing was read: a feed is called by small letters, digits and _, and not program."),
        "catalog": say("Nothing was read: the program declares no categories."),
        "supplier": say("Nothing was read: nobody of this name delivers."),
        "file": say("Nothing was read: no file was sent, or it is too large."),
        "reading": say("Nothing was read: the feed is being read by somebody else just now."),
    }[why]
