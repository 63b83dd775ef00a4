"""Whom a provider brings: the first time by an e-mail address that it has verified, then by its subject.

An address alone opens nothing a second time: it may have been given to somebody else at the provider
meanwhile. Who is neither known nor invited comes in by no provider.
"""

from typing import Literal

from django.db import IntegrityError, transaction

from guerdon.connectors.oidc.settings import SignOn
from guerdon.connectors.oidc.tokens import Claims
from guerdon.values.clock import utc_now
from guerdon.web.accounts.attempts import folded
from guerdon.web.accounts.invitations.joining import accept_by_address
from guerdon.web.accounts.models import OidcLink, Staff
from guerdon.web.accounts.notes import note_where_known
from guerdon.web.accounts.sign_in import works_here

# uninvited: nobody here has this address, or may sign in; unverified: the provider does not answer for it;
# domain: of none that it may bring; taken: the account belongs to somebody else at the provider.
Barred = Literal["uninvited", "unverified", "domain", "taken"]


def whom_it_brings(ours: SignOn, claims: Claims) -> Staff | Barred:
    """The account that may sign in by these claims, or why none may."""
    link = OidcLink.objects.select_related("staff").filter(issuer=ours.issuer, subject=claims.subject).first()
    if link is not None and link.staff.is_active:
        return link.staff if works_here(link.staff) else "uninvited"
    if not claims.email or not claims.email_verified:
        return "unverified"
    if not ours.takes_domain_of(claims.email):
        return "domain"
    staff = Staff.objects.filter(email=folded(claims.email)).first()
    if staff is None or not staff.is_active:
        # Who left may be invited again, and begins anew.
        staff = accept_by_address(folded(claims.email), claims.name)
    if staff is None or not staff.is_active or not works_here(staff):
        return "uninvited"
    return staff if _link(ours, claims, staff) else "taken"


def _link(ours: SignOn, claims: Claims, staff: Staff) -> bool:
    """Make the subject the account's for good; False where it has another one."""
    try:
        with transaction.atomic():
            OidcLink.objects.create(
                issuer=ours.issuer, subject=claims.subject, staff=staff, linked_at=utc_now()
            )
            note_where_known(staff, "single_sign_on.linked", issuer=ours.issuer)
    except IntegrityError:
        return False
    return True
