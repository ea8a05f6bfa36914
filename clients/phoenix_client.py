"""A client of phoenix's REST API in one file: Python 3.11, standard library only.

client = Phoenix("https://phoenix.example.org", token="phx_...")
for job in client.rows("jobs", state="FAILED", date="2012-05-09"): ...
for frame in client.datasets(["UVES.2012-05-10T03:17:42.861"]): ...
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

AT_ONCE = 1000
STATUSES = (
    "PROCESSED",
    "WAITING",
    "FAILED",
    "MISSING_CALIBRATION",
    "VIRTUAL_CALIBRATION",
    "NOT_CERTIFIED",
    "SKIPPED",
    "NOT_PROCESSED",
    "UNKNOWN",
)


class Refused(Exception):
    """phoenix's answer to what it does not do: a problem document (RFC 9457)."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem.get('status')} {problem.get('title')}: {problem.get('detail')}")
        self.problem = problem
        self.status = int(problem.get("status", 0))


@dataclass(frozen=True)
class Dataset:
    """What became of one raw frame; `status` is one of `STATUSES`, `products` are archive names."""

    dp_id: str
    status: str
    sentence: str
    products: list[str]
    instrument: str | None
    date: str | None
    updated: str | None


@dataclass
class Phoenix:
    """One server, asked by one user; without a token only what is public can be asked.  Raises `Refused`."""

    url: str
    token: str = ""
    timeout: float = 30.0
    tags: dict[str, tuple[str, Any]] = field(default_factory=dict, repr=False)

    def dataset(self, dp_id: str) -> Dataset:
        """What became of one raw frame, by its archive name."""
        return Dataset(**self.get("adp/datasets", dp_id=dp_id)["results"][0])

    def datasets(self, dp_ids: Iterable[str]) -> Iterator[Dataset]:
        """What became of many raw frames, in the order asked; a thousand in each request."""
        names = iter(dp_ids)
        while part := list(islice(names, AT_ONCE)):
            yield from (Dataset(**row) for row in self.post("adp/datasets", {"dp_ids": part})["results"])

    def datasets_of(self, **filters: str) -> Iterator[Dataset]:
        """The raw frames of a programme, OB, date or instrument: `prog_id`, `ob_id`, `date`, `instrument`."""
        return (Dataset(**row) for row in self.rows("adp/datasets", **filters))

    def vocabulary(self) -> dict[str, str]:
        """Each status with its sentence."""
        return {row["status"]: row["sentence"] for row in self.get("adp/vocabulary")["vocabulary"]}

    def rows(self, resource: str, **parameters: object) -> Iterator[dict[str, Any]]:
        """All rows of a list, page by page."""
        address: str | None = self.address(resource, **parameters)
        while address:
            page = self.ask(address)
            yield from page["results"]
            address = page["next"]

    def get(self, resource: str, **parameters: object) -> Any:
        """One thing, such as `status` or `abs/NAME`; what has not changed since is not sent again."""
        address = self.address(resource, **parameters)
        tag, known = self.tags.get(address, ("", None))
        request = self.request(address)
        if tag:
            request.add_header("If-None-Match", tag)
        try:
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 - `request` looks at the scheme
                known = json.load(answer)
                self.tags[address] = (answer.headers.get("ETag", ""), known)
        except HTTPError as error:
            if error.code != 304:  # noqa: PLR2004 - not modified
                raise refusal(error) from None
        return known

    def post(self, resource: str, body: Any, **headers: str) -> Any:
        """Send JSON; `Idempotency_Key="..."` makes a repetition harmless."""
        request = self.request(self.address(resource))
        request.method, request.data = "POST", json.dumps(body).encode()
        for name, value in {"Content-Type": "application/json", **headers}.items():
            request.add_header(name.replace("_", "-"), value)
        return self.ask(request)

    def table(self, resource: str, form: str = "csv", **parameters: object) -> Iterator[str]:
        """A whole list as lines of `csv`, `ndjson` or `votable`, while they arrive."""
        try:
            request = self.request(self.address(resource, format=form, **parameters))
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 - `request` looks at the scheme
                yield from (line.decode() for line in answer)
        except HTTPError as error:
            raise refusal(error) from None

    def address(self, resource: str, **parameters: object) -> str:
        """Where a resource is; several values are joined by commas."""
        joined = {name: one if isinstance(one, str) else text(one) for name, one in parameters.items()}
        query = f"?{urlencode(joined)}" if joined else ""
        return f"{self.url.rstrip('/')}/api/v1/{quote(resource.strip('/'), safe='/:')}/{query}"

    def request(self, address: str) -> Request:
        """A request to this server and no other, with the token."""
        if urlsplit(address).scheme not in {"http", "https"} or urlsplit(address).netloc != urlsplit(self.url).netloc:
            raise ValueError(f"{address} is not of {self.url}")
        headers = {"Accept": "application/json, */*;q=0.1"} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )
        return Request(address, headers=headers)  # noqa: S310 - its scheme was looked at

    def ask(self, what: str | Request) -> Any:
        """The answer as Python values."""
        request = self.request(what) if isinstance(what, str) else what
        try:
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 - `request` looks at the scheme
                return json.load(answer)
        except HTTPError as error:
            raise refusal(error) from None


def text(value: object) -> str:
    """A parameter as it is written in an address."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, Sequence) else str(value)


def refusal(error: HTTPError) -> Refused:
    """The problem document, or what can be told of another answer."""
    try:
        found = json.loads(error.read())
    except ValueError:
        found = None
    plain = {"status": error.code, "title": error.reason, "detail": "", "errors": []}
    return Refused(found if isinstance(found, dict) else plain)
