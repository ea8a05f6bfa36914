"""Who asks through the API: tokens, answers that are given twice, and wrong passwords."""

from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

MARK = "phx_"
USE_NOTED = timedelta(minutes=1)
KEPT = timedelta(hours=24)


class TokenQuerySet(models.QuerySet["Token"]):
    """Questions about tokens."""

    def alive(self) -> "TokenQuerySet":
        """Those that open something: neither withdrawn nor expired, of owners who may still log in."""
        return self.filter(withdrawn=None, expires__gt=Now(), owner__is_active=True)

    def of_secret(self, secret: str) -> "Token | None":
        """The living token with this secret."""
        return self.alive().select_related("owner").filter(digest=digest(secret)).first()


class Token(models.Model):
    """A program's key to the API: acts for its owner, and may at most what the role and the owner may."""

    name = models.CharField(max_length=80, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=150, blank=True, help_text="A group; empty: it may read")
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the secret")
    hint = models.CharField(max_length=12, editable=False, help_text="How the secret begins")
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def note_use(self) -> None:
        """Remember when it was used last, to the minute."""
        recently = models.Q(used__gt=Now() - USE_NOTED)
        Token.objects.filter(pk=self.pk).exclude(recently).update(used=Now())

    def withdraw(self) -> bool:
        """End it for good; False if it was already."""
        return bool(Token.objects.filter(pk=self.pk, withdrawn=None).update(withdrawn=Now()))


class Answered(models.Model):
    """The answer to a request that may be sent again; while its status is 0, it is being worked on."""

    who = models.CharField(max_length=150)
    key = models.CharField(max_length=128)
    request = models.CharField(max_length=64, help_text="A digest of address and body")
    status = models.PositiveSmallIntegerField(default=0)
    location = models.TextField(blank=True)
    body = models.JSONField(null=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("who", "key"), name="one_answer_of_each_key"),)

    def __str__(self) -> str:
        return f"{self.status} for {self.who}"


class WrongTry(models.Model):
    """Wrong passwords one after the other, by name and address; both as a digest."""

    key = models.CharField(max_length=64, primary_key=True)
    number = models.PositiveIntegerField(default=0)
    last = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.number} until {self.last}"


def digest(secret: str) -> str:
    """What is kept of a secret; it has 256 random bits, so that a quick digest is enough."""
    return sha256(secret.encode(errors="replace")).hexdigest()
