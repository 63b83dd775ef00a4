"""The console's addresses; `web/live.py` answers `stream` before Django is asked."""

from django.urls import path

from guerdon.web.console import audit, budgets, controls, ledger, owed, people, views
from guerdon.web.console.decisions import proposals, requests
from guerdon.web.console.start import start

urlpatterns = [
    path("", start),
    path("<slug:key>/", views.overview),
    path("<slug:key>/live", views.live),
    path("<slug:key>/members", views.members),
    path("<slug:key>/members/<slug:member>", views.member),
    path("<slug:key>/rewards", views.rewards),
    path("<slug:key>/budgets", budgets.budgets),
    path("<slug:key>/budgets/<str:account>", budgets.budget),
    path("<slug:key>/events", views.events),
    path("<slug:key>/audit", audit.audit),
    path("<slug:key>/ledger", ledger.ledger),
    path("<slug:key>/ledger/<slug:transfer>", ledger.transfer),
    path("<slug:key>/owed", owed.owed),
    path("<slug:key>/controls", controls.controls),
    path("<slug:key>/decisions", requests.decisions),
    path("<slug:key>/decisions/new", proposals.proposal),
    path("<slug:key>/decisions/<slug:apr>", requests.decision),
    path("<slug:key>/people", people.people),
]
