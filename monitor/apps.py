"""The Django application that shows and asks."""

from django.apps import AppConfig
from django.urls import register_converter


class MonitorConfig(AppConfig):
    """Makes the parts of addresses known that only this application has, and counts wrong passwords."""

    name = "monitor"
    verbose_name = "Monitor"

    def ready(self) -> None:
        """Called by Django before any address is resolved."""
        from django.contrib.auth import signals

        from monitor import addresses, slowdown

        register_converter(addresses.BlockName, "ab")
        register_converter(addresses.InstrumentName, "instrument")
        register_converter(addresses.ProductName, "product")
        register_converter(addresses.CertificateName, "certificate")
        register_converter(addresses.Day, "day")
        signals.user_login_failed.connect(slowdown.count)
        signals.user_logged_in.connect(slowdown.forget)
