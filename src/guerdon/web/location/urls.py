"""Addresses of the app of a location; each stands in `web/routes.py`, with who may."""

from django.urls import URLPattern, path

from guerdon.web.location.budget import budget
from guerdon.web.location.customers import customer, customers
from guerdon.web.location.scanning import scan
from guerdon.web.location.team import team
from guerdon.web.location.today import today
from guerdon.web.location.visiting import visit

HOME = "location/<slug:key>/<slug:location>"

urlpatterns: list[URLPattern] = [
    path(HOME, today),
    path(f"{HOME}/scan", scan),
    path(f"{HOME}/visits/<slug:visit>", visit),
    path(f"{HOME}/customers", customers),
    path(f"{HOME}/customers/<slug:member>", customer),
    path(f"{HOME}/budget", budget),
    path(f"{HOME}/team", team),
]
