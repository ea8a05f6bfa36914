"""`/file/<name>`: the files of archived products, whole or in parts."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import BinaryIO

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_http_date_safe

from monitor.vo import ranges
from monitor.vo.known import Known, find
from monitor.vo.requests import plain, public
from processing import control
from processing.core.errors import Halt, NotInArchive

CHUNK = 256 * 1024


@public("GET", "HEAD")
def file(request: HttpRequest, name: str) -> HttpResponseBase:
    """A file by its archive name; that of a science file also without `.fits`."""
    known = find(name)
    if known is None:
        raise Http404(f"There is no file {name}.")
    etag, changed = f'"{known.sha256}"', int(known.stored.timestamp())
    # FITS files never change under their name, so whoever has one may keep it.
    unchanged = get_conditional_response(request, etag, changed, None)
    if unchanged is not None:
        return unchanged
    answer = opened(request, known, etag, changed)
    if answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        answer.headers["ETag"], answer.headers["Last-Modified"] = etag, http_date(changed)
        answer.headers["Accept-Ranges"] = "bytes"
        answer.headers["Content-Disposition"] = f'attachment; filename="{known.name}"'
    return answer


def opened(request: HttpRequest, known: Known, etag: str, changed: int) -> HttpResponseBase:
    """All of it, or the part that is asked for."""
    try:
        stream = control.archived(known.name).open("rb")
    except (NotInArchive, Halt, OSError):
        answer = plain("The archive does not give this file at the moment; please try again later.")
        answer.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return answer
    size = stream.seek(0, 2)
    try:
        part = ranges.asked(wanted(request, etag, changed), size)
    except ranges.Unsatisfiable:
        stream.close()
        headers = {"Content-Range": f"bytes */{size}"}
        return HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    if part is None:
        stream.seek(0)
        return FileResponse(stream, content_type=known.content_type)
    return partial(stream, part, size, known)


def wanted(request: HttpRequest, etag: str, changed: int) -> str:
    """The range, unless it is of another file than this (If-Range)."""
    condition = request.headers.get("If-Range", "")
    same = not condition or condition == etag or parse_http_date_safe(condition) == changed
    return request.headers.get("Range", "") if same and request.method == "GET" else ""


def partial(stream: BinaryIO, part: tuple[int, int], size: int, known: Known) -> HttpResponseBase:
    """So many bytes from that one on."""
    start, length = part
    stream.seek(start)
    headers = {"Content-Range": f"bytes {start}-{start + length - 1}/{size}", "Content-Length": str(length)}
    status = HTTPStatus.PARTIAL_CONTENT
    return StreamingHttpResponse(Piece(stream, length), status=status, content_type=known.content_type, headers=headers)


class Piece:
    """The next so many bytes of a file, which is closed in the end."""

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self.stream, self.left = stream, length

    def __iter__(self) -> Iterator[bytes]:
        while self.left and (content := self.stream.read(min(CHUNK, self.left))):
            self.left -= len(content)
            yield content

    def close(self) -> None:
        """Asked by Django when the answer is over."""
        self.stream.close()
