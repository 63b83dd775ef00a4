"""Mails that come back, as mail servers write them: reports of delivery and complaints."""

BOUNDARY = "=_report"


def report(kind: str, fields: str, original: str = "Subject: Your reward\r\n") -> bytes:
    """A multipart/report of a kind, with its fields for machines."""
    inner = {"delivery-status": "message/delivery-status", "feedback-report": "message/feedback-report"}[kind]
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: bounces@brand.example\r\nSubject: Returned mail\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={kind};\r\n"
        f' boundary="{BOUNDARY}"\r\n\r\n'
        f"--{BOUNDARY}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nWe are sorry.\r\n"
        f"--{BOUNDARY}\r\nContent-Type: {inner}\r\n\r\n{fields}\r\n"
        f"--{BOUNDARY}\r\nContent-Type: message/rfc822\r\n\r\n{original}\r\n\r\nHello\r\n--{BOUNDARY}--\r\n"
    ).encode()


def undelivered(status: str = "5.1.1", action: str = "failed", diagnostic: str = "") -> bytes:
    """What RFC 3464 has a server say."""
    said = f"Diagnostic-Code: smtp; {diagnostic}\r\n" if diagnostic else ""
    return report(
        "delivery-status",
        "Reporting-MTA: dns; mx.example\r\nArrival-Date: Mon, 4 May 2026 09:30:00 +0000\r\n\r\n"
        "Original-Recipient: rfc822;m1@example.com\r\nFinal-Recipient: rfc822; m1@example.com\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nRemote-MTA: dns; mx.example\r\n{said}",
    )


def complained(about: str = "", kind: str = "abuse", original: str = "Subject: Your reward\r\n") -> bytes:
    """What RFC 5965 has a mail provider say; `about`: the address that the mail came from."""
    named = f"Original-Mail-From: <{about}>\r\n" if about else ""
    return report(
        "feedback-report",
        f"Feedback-Type: {kind}\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n{named}"
        "Original-Rcpt-To: <m1@example.com>\r\nArrival-Date: Mon, 4 May 2026 09:30:00 +0000\r\n",
        original,
    )
