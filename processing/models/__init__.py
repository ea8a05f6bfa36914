"""What is remembered; querysets answer questions, `move()` is the only way a state changes."""

from processing.models.access import Answered, Token, WrongTry
from processing.models.blocks import AssociationBlock, RawFrame
from processing.models.campaigns import Campaign
from processing.models.certificates import Certificate
from processing.models.dates import ProcessingDate
from processing.models.events import Event
from processing.models.failures import Cluster
from processing.models.holds import Hold
from processing.models.instruments import Instrument
from processing.models.jobs import Job
from processing.models.notices import Channel, Delivery, Notice
from processing.models.products import Ingestion, Product
from processing.models.queries import Query
from processing.models.results import JobLog, Qc1Parameter, Score
from processing.models.runtimes import RunTimes
from processing.models.stops import Stop
from processing.models.workers import Worker

__all__ = [
    "Answered",
    "AssociationBlock",
    "Campaign",
    "Certificate",
    "Channel",
    "Cluster",
    "Delivery",
    "Event",
    "Hold",
    "Ingestion",
    "Instrument",
    "Job",
    "JobLog",
    "Notice",
    "ProcessingDate",
    "Product",
    "Qc1Parameter",
    "Query",
    "RawFrame",
    "RunTimes",
    "Score",
    "Stop",
    "Token",
    "Worker",
    "WrongTry",
]
