"""How Twilio says no: a number, a sentence, and where more is written."""

from standins.suppliers.application import Refusal
from standins.twilio.documented import TABLE

MORE = "https://www.twilio.com/docs/errors/{}"
# The sentences are the titles of Twilio's dictionary of errors; it warns that they change.
SENTENCES = {
    20001: "Unknown parameters",
    20003: "Permission Denied",
    20004: "Method not allowed",
    20009: "Cannot delete this resource before it is complete",
    20404: "Not Found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    20503: "Service unavailable",
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid From Number (caller ID)",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21602: "Message body is required",
    21603: "A 'From' or 'MessagingServiceSid' parameter is required to send a message",
    21604: "The destination 'To' phone number is required to send an SMS",
    21606: "The 'From' phone number provided is not a valid message-capable Twilio phone number",
    21609: "Invalid 'StatusCallback'",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "The 'To' phone number is not currently reachable via SMS",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21701: "The Messaging Service does not exist",
    90007: "Invalid validity period value",
}
# What ends a message that was accepted: told in the message and in its callbacks, never as an answer.
ENDINGS = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30036: "Validity Period Expired",
}


def refusal(code: int, detail: str = "", status: int = 0) -> Refusal:
    """An error by its number; the table has its status."""
    status = status or TABLE.figure(f"http_{code}")
    said = f"{SENTENCES[code]}: {detail}" if detail else SENTENCES[code]
    return Refusal(status, {"code": code, "message": said, "more_info": MORE.format(code), "status": status})
