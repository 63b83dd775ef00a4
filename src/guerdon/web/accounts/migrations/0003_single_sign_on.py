"""Who somebody is at the provider of single sign-on, and sign-ins that are under way there."""

from typing import ClassVar

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Two tables more."""

    dependencies: ClassVar = [("accounts", "0002_passkeys")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="OidcJourney",
            fields=[
                ("state_sha", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("browser_sha", models.BinaryField(max_length=32)),
                ("sealed", models.BinaryField()),
                ("asked_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "oidc_journey",
            },
        ),
        migrations.CreateModel(
            name="OidcLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("issuer", models.CharField(max_length=500)),
                ("subject", models.CharField(max_length=255)),
                ("linked_at", models.DateTimeField()),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="oidc_links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "oidc_link",
                "constraints": [
                    models.UniqueConstraint(fields=("issuer", "subject"), name="oidc_link_subject"),
                    models.UniqueConstraint(fields=("issuer", "staff"), name="oidc_link_staff"),
                ],
            },
        ),
    ]
