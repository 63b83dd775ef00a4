"""What people write back to a text message."""

import pytest

from guerdon.channels.sms.keywords import read_keyword


@pytest.mark.parametrize(
    "text",
    [
        # As Twilio's page has them.
        *("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"),
        *(
            "stop",
            " Stop. ",
            "STOP!!!",
            "'stop'",
            "Stop please",
            "please stop",
            "STOP ALL",
            "opt out",
            "Opt-Out",
        ),
        *("Stop sending me these messages", "unsubscribe me"),
        *(
            "Stopp",
            "bitte STOPP",
            "Abmelden",
            "ARRÊT",
            "arret svp",
            "Baja",
            "ALTO",
            "por favor parar",
            "Berhenti",
        ),
        *("توقف", "إيقاف", "ايقاف", "الغاء", "إلغاء"),
        *("\uff33\uff34\uff2f\uff30", "stop\n\nSent from my phone"),
    ],
)
def test_stop_is_understood_however_it_is_said(text: str) -> None:
    assert read_keyword(text) == "stop"


@pytest.mark.parametrize("text", ["START", "start", "Yes", "UNSTOP", " start! "])
def test_start_is_said_by_the_word_alone(text: str) -> None:
    assert read_keyword(text) == "start"


@pytest.mark.parametrize("text", ["HELP", "info", "Hilfe", "aide", "ayuda", "bantuan", "مساعدة"])
def test_help_is_given(text: str) -> None:
    assert read_keyword(text) == "help"


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "👍", "thank you", "Yes, I have a question", "start again tomorrow?", "no"),
        *("When does it end", "Can I cancel my order", "I quit smoking", "nonstop", "x" * 10_000),
    ],
)
def test_anything_else_is_nothing(text: str) -> None:
    assert read_keyword(text) == "other"
