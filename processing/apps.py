"""The Django application that does and remembers."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ProcessingConfig(AppConfig):
    """Hooks up the system checks and what a fresh database needs."""

    name = "processing"
    verbose_name = "Processing"

    def ready(self) -> None:
        """Called by Django when the models are there."""
        from processing import checks
        from processing.workflow.install import install

        checks.connect()
        post_migrate.connect(install, sender=self)
