"""The admin: what it shows is read here and acted on elsewhere, where every change writes an event."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Schedule, Success

from processing import control
from processing.models import Certificate, Channel, Delivery, Event, Instrument, Job, Token
from processing.models.notices import Kind
from processing.workflow import deliver
from processing.workflow.tokens import save

# Their admin pages offer to resubmit a task, and to delete a message or the sweep; a job has one attempt.
for model in (Failure, OrmQ, Schedule, Success):
    # django-q2 has no page of messages if they travel through Redis.
    if admin.site.is_registered(model):
        admin.site.unregister(model)


# `ModelAdmin` takes a type argument in its stubs only.
class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages to look at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(Instrument)
class InstrumentAdmin(ReadOnly):
    """The window of each instrument; it is set on the system page, which writes an event."""

    list_display = ("name", "window")


@admin.register(Certificate)
class CertificateAdmin(ReadOnly):
    """Certificates with their versions."""

    list_display = ("instrument", "name", "version", "state", "recipe")
    list_filter = ("instrument", "state")


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Jobs."""

    list_display = ("block", "date", "state", "reason", "claimed", "ended")
    list_filter = ("state", "reason")
    list_select_related = ("block", "date")
    search_fields = ("block__name",)
    raw_id_fields = ("block", "date")


@admin.register(Event)
class EventAdmin(ReadOnly):
    """The event log."""

    list_display = ("at", "subject", "name", "old", "new", "why", "who")
    list_filter = ("subject", "new")
    search_fields = ("name",)


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]
    """A channel, with what it tells as boxes to tick."""

    kinds = forms.MultipleChoiceField(choices=Kind.choices, widget=forms.CheckboxSelectMultiple, label="What is told")

    class Meta:
        model = Channel
        fields = ("name", "way", "address", "secret", "kinds", "enabled")


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who is told what; each change is in the admin's own history."""

    form = ChannelForm
    list_display = ("name", "way", "address", "enabled")
    actions = ("send_a_test",)

    @admin.action(description="Send a test message now", permissions=["change"])
    def send_a_test(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        """To each of them, and say what became of it."""
        for channel in queryset:
            trouble = deliver.send_test(channel)
            level = messages.ERROR if trouble else messages.SUCCESS
            self.message_user(request, f"{channel}: {trouble or 'the test message was sent'}", level)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """Messages, and what became of them."""

    list_display = ("notice", "end", "channel", "state", "attempts", "due", "sent", "error")
    list_filter = ("state", "channel")
    list_select_related = ("notice", "channel")


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Keys to the API: made here, shown once, withdrawn by the action; a change would be a new key."""

    list_display = ("name", "owner", "role", "hint", "expires", "used", "withdrawn")
    list_select_related = ("owner",)
    actions = ("withdraw",)

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Only a superuser makes keys for others."""
        return () if request.user.is_superuser else ("owner",)

    def save_model(self, request: HttpRequest, obj: Token, form: Any, change: bool) -> None:
        """Store it, and show its secret this once."""
        if not request.user.is_superuser:
            obj.owner_id = int(request.user.pk or 0)
        secret = save(obj, request.user.get_username())
        messages.warning(request, f"The secret of {obj}, shown this once: {secret}")

    @admin.action(description="Withdraw", permissions=["add"])
    def withdraw(self, request: HttpRequest, queryset: "QuerySet[Token]") -> None:
        """End the tokens that are chosen; others than one's own as a superuser only."""
        mine = queryset if request.user.is_superuser else queryset.filter(owner=request.user.pk)
        for token in mine:
            control.withdraw_token(token.name, request.user.get_username())

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: that it was there is worth knowing."""
        return False
