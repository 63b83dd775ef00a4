"""Forms that were sent, and what was typed when a session had ended."""

from typing import ClassVar

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Two tables more."""

    dependencies: ClassVar = [("accounts", "0003_single_sign_on")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="SentForm",
            fields=[
                ("form_sha", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("begun_at", models.DateTimeField(db_index=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("sealed", models.BinaryField(default=b"")),
            ],
            options={
                "db_table": "sent_form",
            },
        ),
        migrations.CreateModel(
            name="KeptForm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("path", models.CharField(max_length=2000)),
                ("sealed", models.BinaryField()),
                ("kept_at", models.DateTimeField(db_index=True)),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="kept_forms",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "kept_form",
            },
        ),
    ]
