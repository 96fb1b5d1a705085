"""Gates: what a figure must reach, as it is written on the command line.

``nDCG@10>=0.8`` holds for all questions, ``nDCG@10[typo]>=0.8`` for those with a tag. The signs are
``>=``, ``<=``, ``>`` and ``<``. A figure that no question counts in passes no gate.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence

from askpartner.errors import UsageError
from askpartner.evaluation.measures import OWN_MEASURES, parse_measures
from askpartner.evaluation.types import Gate, GateResult, LabelledQuestion, MeasureRow

GATE = re.compile(
    r"\s*(?P<measure>[^\[\]<>]+?)\s*(?:\[(?P<tag>[^\[\]]+)\])?\s*"
    r"(?P<sign>>=|<=|>|<)\s*(?P<bound>[0-9]*\.?[0-9]+)\s*"
)

SIGNS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


def parse_gates(texts: Sequence[str]) -> list[Gate]:
    """The gates as written, in order. Raises UsageError naming all that cannot be read."""
    gates: list[Gate] = []
    faults: list[str] = []
    for text in texts:
        match = GATE.fullmatch(text)
        if match is None:
            faults.append(f"{text!r} is not written like nDCG@10>=0.8 or nDCG@10[typo]>=0.8")
            continue
        measure = match["measure"]
        if measure not in OWN_MEASURES:
            try:
                (measure,) = map(str, parse_measures([measure]))
            except UsageError:
                faults.append(
                    f"{text!r} is on a measure that is neither one of ir_measures nor one of "
                    f"{', '.join(OWN_MEASURES)}"
                )
                continue
        gates.append(
            Gate(text.strip(), measure, match["tag"] or "", match["sign"], float(match["bound"]))  # type: ignore[arg-type]
        )
    if faults:
        raise UsageError(f"gates: {'; '.join(faults)}")
    return gates


def measures_of(gates: Sequence[Gate], questions: Sequence[LabelledQuestion]) -> list[str]:
    """The retrieval measures that gates need. Raises UsageError for a tag that no question has."""
    tags = {tag for question in questions for tag in question.tags}
    missing = sorted({gate.tag for gate in gates if gate.tag and gate.tag not in tags})
    if missing:
        raise UsageError(
            f"gates: no question has the tag {', '.join(map(repr, missing))}; "
            f"there are: {', '.join(sorted(tags)) or 'no tags'}"
        )
    return [gate.measure for gate in gates if gate.measure not in OWN_MEASURES]


def held_against(gate: Gate, rows: Sequence[MeasureRow]) -> GateResult:
    """A gate with its figure."""
    row = next((r for r in rows if r.measure == gate.measure and r.tag == gate.tag), None)
    value = None if row is None else row.value
    return GateResult(gate, value, value is not None and SIGNS[gate.sign](value, gate.bound))
