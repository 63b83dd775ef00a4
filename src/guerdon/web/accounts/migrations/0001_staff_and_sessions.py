"""Staff, their second factors and sessions, and sign-ins that failed."""

from typing import ClassVar

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The first tables."""

    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="Staff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("email", models.CharField(max_length=254, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("second_factor", models.BinaryField(default=b"")),
                ("second_factor_step", models.BigIntegerField(default=0)),
                ("second_factor_waived", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "staff",
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("code_sha", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "recovery_code",
            },
        ),
        migrations.CreateModel(
            name="SignInAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("account_sha", models.BinaryField(db_index=True, max_length=32)),
                ("network", models.CharField(db_index=True, max_length=64)),
                ("at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "sign_in_attempt",
            },
        ),
        migrations.CreateModel(
            name="StaffSession",
            fields=[
                ("key_sha", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("data", models.TextField()),
                ("staff_id", models.BigIntegerField(db_index=True, null=True)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "db_table": "staff_session",
            },
        ),
    ]
