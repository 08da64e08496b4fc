"""What a check says: findings, in words."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from siamese_lib.checks import check_one_of

SEVERITIES = ("error", "warning")
WIDTH = 88  # as the library's notes


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        name: what to look it up by, such as ``"flipped-convention"``.
        severity: ``"error"``: results cannot be trusted; ``"warning"``: a trap, or a waste.
        what: what is wrong, in a sentence.
        measured: the measurement that shows it, with its numbers.
        cure: what to do.

    Raises:
        ValueError: another severity.
    """

    name: str
    severity: str
    what: str
    measured: str
    cure: str

    def __post_init__(self) -> None:
        check_one_of("severity", self.severity, SEVERITIES)

    def __str__(self) -> str:
        parts = (
            (f"{self.severity}, {self.name}: ", self.what),
            ("  measured: ", self.measured),
            ("  cure: ", self.cure),
        )
        return "\n".join(
            textwrap.fill(start + text, WIDTH, subsequent_indent="    ") for start, text in parts
        )


@dataclass
class Report:
    """The findings of a check, and what it looked at.

    Attributes:
        title: which check, on what.
        findings: what is wrong; empty when nothing was found.
        looked_at: what was looked at, in a few words each. What could not be looked at (a loss
            that refuses an arrangement, say) is not among them.

    >>> report = Report("check_batch")
    >>> report.looks("images")
    >>> print(report)
    check_batch: nothing found.
    Looked at: images.
    """

    title: str
    findings: list[Finding] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the findings."""
        return tuple(finding.name for finding in self.findings)

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def looks(self, at: str) -> None:
        """Note what is looked at."""
        if at not in self.looked_at:
            self.looked_at.append(at)

    def add(self, name: str, severity: str, what: str, measured: str, cure: str) -> None:
        """Add a finding; its parts are those of ``Finding``."""
        self.findings.append(Finding(name, severity, what, measured, cure))

    def __str__(self) -> str:
        n = len(self.findings)
        count = "nothing found" if not n else "1 finding" if n == 1 else f"{n} findings"
        looked = textwrap.fill("Looked at: " + ", ".join(self.looked_at) + ".", WIDTH)
        return "\n".join([f"{self.title}: {count}.", *map(str, self.findings), looked])
