"""Texts and digests as RouteMark itself makes them: Tests/ProbesTests/TextSuiteTests.swift has the same numbers."""

from routemark_capture.files import sha256
from routemark_capture.suite import lines, paragraphs, samples_digest, suite_digest


def test_digest():
    prose = paragraphs(b"one\ntwo\n\n \t\r\nthree\r\n\nfour")
    code = list(lines(b'{"text": "a\\nb"}\n\n{"id": 3, "text": "\\u00e9"}\n', "code.jsonl"))
    assert prose == [b"one\ntwo", b"three", b"four"]
    assert code == [b"a\nb", "é".encode()]
    tasks = []
    for name, texts in (("prose", prose), ("code", code)):
        items = [{"key": str(row), "sha256": sha256(text)} for row, text in enumerate(texts[:2])]
        tasks.append({"name": name, "count": 2, "samples_sha256": samples_digest(items)})
    assert suite_digest(tasks) == "sha256:17c47348506559ab9f1688f43af4f4a2eac7b97817bbbd6f3936a8d735537cd1"
