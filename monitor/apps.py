"""The Django application that shows and asks."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.urls import register_converter


class MonitorConfig(AppConfig):
    """Makes the parts of addresses known that only this application has, and the roles; counts wrong passwords."""

    name = "monitor"
    verbose_name = "Monitor"

    def ready(self) -> None:
        """Called by Django before any address is resolved."""
        from django.contrib.auth import signals

        from monitor import addresses, roles, slowdown

        register_converter(addresses.BlockName, "ab")
        register_converter(addresses.InstrumentName, "instrument")
        register_converter(addresses.ProductName, "product")
        register_converter(addresses.CertificateName, "certificate")
        register_converter(addresses.Fingerprint, "fingerprint")
        register_converter(addresses.Day, "day")
        post_migrate.connect(roles.make_groups, sender=apps.get_app_config("processing"))
        signals.user_login_failed.connect(slowdown.count)
        signals.user_logged_in.connect(slowdown.forget)
