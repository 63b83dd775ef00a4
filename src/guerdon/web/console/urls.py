"""The console's addresses; `web/live.py` answers `stream` before Django is asked."""

from django.urls import path

from guerdon.web.console import audit, budgets, controls, ledger, owed, people, views
from guerdon.web.console.brand import drafts as brand_drafts
from guerdon.web.console.brand import pages as brand_pages
from guerdon.web.console.broadcasts import pages as broadcasts
from guerdon.web.console.catalog import feeds, items, syncs
from guerdon.web.console.compliance import requests as data_requests
from guerdon.web.console.connections import consenting, mapping, twins, writes
from guerdon.web.console.connections import pages as connections
from guerdon.web.console.decisions import proposals, requests
from guerdon.web.console.deliveries import pages as deliveries
from guerdon.web.console.deliveries import sheets, vouchers
from guerdon.web.console.deliveries.promises import promises
from guerdon.web.console.exporting.pages import export
from guerdon.web.console.finding.pages import find
from guerdon.web.console.finding.views import views as own_views
from guerdon.web.console.health.pages import health
from guerdon.web.console.imports.one import import_file, one_import
from guerdon.web.console.imports.pages import imports
from guerdon.web.console.invitations import pages as invitations
from guerdon.web.console.keys.pages import keys
from guerdon.web.console.languages.pages import languages
from guerdon.web.console.locations import comparing, consistency
from guerdon.web.console.locations import listing as location_list
from guerdon.web.console.locations import one as one_location
from guerdon.web.console.members import extending, page, privacy, unmasking
from guerdon.web.console.messages import listing as message_list
from guerdon.web.console.messages import one as one_message
from guerdon.web.console.messages import timeline
from guerdon.web.console.orders import accounts, cases, one, pools
from guerdon.web.console.orders import listing as order_list
from guerdon.web.console.quarantine import pages as quarantine
from guerdon.web.console.reconciling import pages as reconciling
from guerdon.web.console.referrals import pages as referrals
from guerdon.web.console.replays import pages as replays
from guerdon.web.console.reports import pages as own_reports
from guerdon.web.console.rules import editing, grid, listing
from guerdon.web.console.segments import pages as segments
from guerdon.web.console.setup import pages as setup
from guerdon.web.console.start import start
from guerdon.web.console.versions import drafts, pages
from guerdon.web.console.webhooks import pages as webhooks
from guerdon.web.console.why import pages as why_pages
from guerdon.web.console.why import refused, trying

urlpatterns = [
    path("", start),
    path("<slug:key>/", views.overview),
    path("<slug:key>/live", views.live),
    path("<slug:key>/find", find),
    path("<slug:key>/views", own_views),
    path("<slug:key>/exports/<str:file>", export),
    path("<slug:key>/members", views.members),
    path("<slug:key>/members/<slug:member>", page.member),
    path("<slug:key>/members/<slug:member>/unmask", unmasking.unmask),
    path("<slug:key>/members/<slug:member>/rewards/<slug:reward>", extending.reward),
    path("<slug:key>/members/<slug:member>/privacy", privacy.privacy),
    path("<slug:key>/members/<slug:member>/privacy/certificate", privacy.certificate),
    path("<slug:key>/members/<slug:member>/messages", timeline.timeline),
    path("<slug:key>/members/<slug:member>/messages/<slug:message>", timeline.told),
    path("<slug:key>/messages", message_list.messages),
    path("<slug:key>/messages/figures.csv", message_list.sheet),
    path("<slug:key>/messages/<str:message>", one_message.message),
    path("<slug:key>/messages/<str:message>/mail", one_message.mail),
    path("<slug:key>/why", why_pages.why),
    path("<slug:key>/why/<slug:event>", why_pages.receipt),
    path("<slug:key>/try", trying.trying),
    path("<slug:key>/broadcasts", broadcasts.broadcasts),
    path("<slug:key>/broadcasts/<slug:broadcast>", broadcasts.broadcast),
    path("<slug:key>/segments", segments.segments),
    path("<slug:key>/segments/<slug:segment>", segments.segment),
    path("<slug:key>/rewards", views.rewards),
    path("<slug:key>/orders", order_list.orders),
    path("<slug:key>/orders/<slug:order>", one.order),
    path("<slug:key>/cases", cases.cases),
    path("<slug:key>/pools", pools.pools),
    path("<slug:key>/suppliers", accounts.suppliers),
    path("<slug:key>/reconciliation", reconciling.reconciliation),
    path("<slug:key>/reconciliation/differences.csv", reconciling.export),
    path("<slug:key>/reconciliation/<slug:difference>", reconciling.difference),
    path("<slug:key>/reports", own_reports.reports),
    path("<slug:key>/reports/<str:file>", own_reports.download),
    path("<slug:key>/delivery", deliveries.delivery),
    path("<slug:key>/delivery/before", vouchers.before),
    path("<slug:key>/delivery/table", sheets.table),
    path("<slug:key>/delivery/rewards", sheets.singles),
    path("<slug:key>/delivery/<slug:member>/<slug:reward>", deliveries.clock),
    path("<slug:key>/catalog", items.catalog),
    path("<slug:key>/catalog/feeds", feeds.feeds),
    path("<slug:key>/catalog/feeds/<slug:feed>", feeds.feed),
    path("<slug:key>/catalog/syncs/<slug:sync>", syncs.sync),
    path("<slug:key>/catalog/<slug:item>", items.item),
    path("<slug:key>/locations", location_list.locations),
    path("<slug:key>/locations/compare", comparing.comparison),
    path("<slug:key>/locations/consistency", consistency.consistency),
    path("<slug:key>/locations/<slug:location>", one_location.location),
    path("<slug:key>/locations/<slug:location>/rewards", one_location.rewards),
    path("<slug:key>/budgets", budgets.budgets),
    path("<slug:key>/budgets/<str:account>", budgets.budget),
    path("<slug:key>/events", views.events),
    path("<slug:key>/events/quarantine", quarantine.quarantine),
    path("<slug:key>/events/quarantine/<slug:parked>", quarantine.parked),
    path("<slug:key>/events/quarantine/<slug:parked>/raw", quarantine.raw),
    path("<slug:key>/audit", audit.audit),
    path("<slug:key>/ledger", ledger.ledger),
    path("<slug:key>/ledger/<slug:transfer>", ledger.transfer),
    path("<slug:key>/requests", data_requests.requests),
    path("<slug:key>/owed", owed.owed),
    path("<slug:key>/controls", controls.controls),
    path("<slug:key>/decisions", requests.decisions),
    path("<slug:key>/decisions/new", proposals.proposal),
    path("<slug:key>/decisions/<slug:apr>", requests.decision),
    path("<slug:key>/referrals", referrals.referrals),
    path("<slug:key>/referrals/<slug:pair>", referrals.pair),
    path("<slug:key>/health", health),
    path("<slug:key>/imports", imports),
    path("<slug:key>/imports/<slug:run>", one_import),
    path("<slug:key>/imports/<slug:run>/<str:file>", import_file),
    path("<slug:key>/keys", keys),
    path("<slug:key>/setup", setup.setup),
    path("<slug:key>/brand", brand_pages.brand),
    path("<slug:key>/languages", languages),
    path("<slug:key>/promises", promises),
    path("<slug:key>/people", people.people),
    path("<slug:key>/people/invitations", invitations.invitations),
    path("<slug:key>/connections", connections.connections),
    path("<slug:key>/connections/return", consenting.returned),
    path("<slug:key>/connections/<slug:connection>", connections.connection),
    path("<slug:key>/connections/<slug:connection>/consent", consenting.consent),
    path("<slug:key>/connections/<slug:connection>/mapping", mapping.mapping),
    path("<slug:key>/connections/<slug:connection>/writes", writes.writes),
    path("<slug:key>/connections/<slug:connection>/twins", twins.twins),
    path("<slug:key>/webhooks", webhooks.webhooks),
    path("<slug:key>/webhooks/<slug:webhook>", webhooks.webhook),
    path("<slug:key>/program", pages.versions),
    path("<slug:key>/program/versions/<int:version>", pages.version),
    path("<slug:key>/program/drafts/<slug:draft>", drafts.draft),
    path("<slug:key>/program/drafts/<slug:draft>/brand", brand_drafts.draft_brand),
    path("<slug:key>/program/drafts/<slug:draft>/brand/<slug:mark>.css", brand_drafts.draft_sheet),
    path(
        "<slug:key>/program/drafts/<slug:draft>/brand/files/<slug:mark>.<slug:ending>",
        brand_drafts.draft_file,
    ),
    path("<slug:key>/program/drafts/<slug:draft>/rules", listing.draft_rules),
    path("<slug:key>/program/drafts/<slug:draft>/rules/<slug:rule>", editing.rule),
    path("<slug:key>/program/drafts/<slug:draft>/rules/<slug:rule>/table", grid.own_table),
    path("<slug:key>/program/drafts/<slug:draft>/tables/<slug:table>", grid.table),
    path("<slug:key>/rules", listing.rules),
    path("<slug:key>/rules/<slug:rule>", listing.rule),
    path("<slug:key>/rules/<slug:rule>/refused", refused.refused),
    path("<slug:key>/program/replays", replays.replays),
    path("<slug:key>/program/replays/<slug:replay>", replays.replay),
]
