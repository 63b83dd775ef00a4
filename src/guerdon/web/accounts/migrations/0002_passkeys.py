"""Passkeys, and what they were asked to sign."""

from typing import ClassVar

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Two tables more."""

    dependencies: ClassVar = [("accounts", "0001_staff_and_sessions")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Passkey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("credential_id", models.BinaryField(max_length=1023, unique=True)),
                ("public_key", models.BinaryField()),
                ("sign_count", models.BigIntegerField()),
                ("name", models.CharField(max_length=60)),
                ("created_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("backed_up", models.BooleanField()),
                ("transports", models.CharField(blank=True, max_length=120)),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="passkeys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "passkey",
            },
        ),
        migrations.CreateModel(
            name="PasskeyChallenge",
            fields=[
                ("challenge_sha", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("session_sha", models.BinaryField(max_length=32)),
                ("purpose", models.CharField(max_length=8)),
                ("asked_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "passkey_challenge",
            },
        ),
    ]
