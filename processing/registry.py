"""The plug-ins that the settings choose, made once per process."""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from processing.core.ports import Archive, Executor, Ingestor, Pipeline


def load(entry: Mapping[str, Any]) -> Any:
    """The plug-in of a settings entry: BACKEND is a dotted path, OPTIONS its keyword arguments."""
    return import_string(entry["BACKEND"])(**entry.get("OPTIONS", {}))


@cache
def archive() -> Archive:
    """Where raw frames and calibrations come from."""
    return cast(Archive, load(settings.PHOENIX["ARCHIVE"]))


@cache
def executor() -> Executor:
    """Where recipes run."""
    return cast(Executor, load(settings.PHOENIX["EXECUTOR"]))


@cache
def ingestor() -> Ingestor:
    """Where products go."""
    return cast(Ingestor, load(settings.PHOENIX["INGESTOR"]))


@cache
def pipeline(instrument: str) -> Pipeline:
    """What is specific to an instrument; KeyError for one that has no plug-in."""
    return cast(Pipeline, load(settings.PHOENIX["PIPELINES"][instrument]))
