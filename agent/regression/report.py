"""Reads what the program that runs tests printed. Nothing in it is trusted: tests can print, too."""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

LARGEST = 16 << 20
"""Bytes of one record, unpacked."""

How = Literal["ended", "stopped", "killed", "crashed"]


class RunnerRecord(BaseModel):
    """Comes first: what runs the tests."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["runner"]
    runner: Literal["pytest", "plain", "command"]
    said: str = Field(max_length=500)


class FileRecord(BaseModel):
    """Comes after each file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["file"]
    file: str
    how: How
    """`stopped`: in time, between two tests; `killed`: one of its tests did not end; `crashed`: no whole report."""
    seconds: float = Field(ge=0)
    tests: dict[str, Literal["p", "f", "e", "s"]]
    """Passed, failed, error, skipped."""
    said: str
    """The end of its output, where no test was reported."""


class EndRecord(BaseModel):
    """Comes last: the runner was not killed, files that are not there were not begun."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["end"]


_RECORD = TypeAdapter[RunnerRecord | FileRecord | EndRecord](
    Annotated[RunnerRecord | FileRecord | EndRecord, Field(discriminator="kind")]
)


class Verdict(Enum):
    """What a run says of one test."""

    PASSED = auto()
    FAILED = auto()
    """Or it did not end, was skipped, was not there, or took the whole run with it."""
    UNKNOWN = auto()
    """It was not begun, as time was short."""


@dataclass(frozen=True, slots=True)
class Report:
    """One run of tests on one tree."""

    runner: RunnerRecord | None = None
    files: Mapping[str, FileRecord] = field(default_factory=dict[str, FileRecord])
    ended: bool = False

    def verdict(self, file: str, test: str) -> Verdict:
        """What it says of a test that was asked for."""
        if file not in self.files:
            return Verdict.UNKNOWN if self.ended else Verdict.FAILED
        record = self.files[file]
        if test in record.tests:
            return Verdict.PASSED if record.tests[test] == "p" else Verdict.FAILED
        return Verdict.UNKNOWN if record.how == "stopped" else Verdict.FAILED


def read_report(output: str, nonce: str) -> Report:
    """The report within an output. What is not a record as the runner writes it is not seen."""
    runner: RunnerRecord | None = None
    files: dict[str, FileRecord] = {}
    ended = False
    for match in re.finditer(rf"^<{re.escape(nonce)}:([A-Za-z0-9+/=]+)>$", output, re.MULTILINE):
        match _record(match[1]):
            case RunnerRecord() as record:
                runner = runner or record
            case FileRecord() as record:
                files.setdefault(record.file, record)
            case EndRecord():
                ended = True
            case None:
                pass
    return Report(runner, files, ended)


def _record(packed: str) -> RunnerRecord | FileRecord | EndRecord | None:
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(packed, validate=True), LARGEST)
        if not unpacker.eof:
            return None
        return _RECORD.validate_python(json.loads(data))
    except (binascii.Error, zlib.error, ValueError, ValidationError, RecursionError):
        return None
