"""The console's addresses; `web/live.py` answers `stream` before Django is asked."""

from django.urls import path

from guerdon.web.console import views
from guerdon.web.console.start import start

urlpatterns = [
    path("", start),
    path("<slug:key>/", views.overview),
    path("<slug:key>/live", views.live),
    path("<slug:key>/members", views.members),
    path("<slug:key>/members/<slug:member>", views.member),
    path("<slug:key>/rewards", views.rewards),
    path("<slug:key>/budgets", views.budgets),
    path("<slug:key>/events", views.events),
]
