"""Uploaded files: in memory, and no more of them than a file may have."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from accounts.imports.tables import MAX_BYTES
from accounts.uploads import InMemoryUploadHandler


def sent(**files: bytes) -> Any:
    data = {name: SimpleUploadedFile(f"{name}.csv", content) for name, content in files.items()}
    return RequestFactory().post("/", data)


def test_a_file_comes_as_it_is() -> None:
    request = sent(file=b"a;b\r\n" * 100_000)
    assert request.FILES["file"].read() == b"a;b\r\n" * 100_000
    assert isinstance(request.upload_handlers[0], InMemoryUploadHandler)


def test_all_files_of_a_request_together_take_no_more_memory_than_one_may() -> None:
    request = sent(one=b"x" * (MAX_BYTES - 10), two=b"y" * MAX_BYTES, three=b"z")
    sizes = [request.FILES[name].size for name in ("one", "two", "three")]
    assert sizes == [MAX_BYTES - 10, 11, 0]
