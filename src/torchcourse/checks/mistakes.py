"""What went wrong in a block, as one ``Mistake`` with the call that it belongs to."""

from collections.abc import Sequence

from .calls import first_line, is_stub, next_after, source_line
from .describe import location_of
from .result import Call
from .verdict import CheckError, Mistake, NotWritten


def mistake_of(
    layer: str, facts: str, error: Exception | None, question: str, call: Call | None
) -> Mistake:
    """A mistake of ``call``; of the whole cell where that is None."""
    subject, order = (call.subject, call.order) if call else ("", 0)
    at = location_of(error) if error is not None else None
    return Mistake(layer, facts, at, question, subject=subject, order=order)


def stopped(error: Exception, call: Call) -> Exception:
    """What to raise for an exception of the answer itself."""
    if isinstance(error, (NotWritten, CheckError)):
        return error
    if isinstance(error, Mistake):  # a grader's proxy has found it in another process
        error.subject, error.order = call.subject, call.order
        return error
    if is_stub(error):
        return NotWritten()
    facts = f"stops with {first_line(error)}"
    return mistake_of("runs", facts, error, next_after(error), call)


def from_cell(error: Exception, calls: Sequence[Call]) -> Mistake:
    """An exception of the check cell outside of ex.call: a plain assert, or a follow-up."""
    call = calls[-1] if calls else None
    if isinstance(error, AssertionError):
        facts = str(error).strip() or source_line(error) or "an assertion of this cell fails."
        return mistake_of("value", facts, None, "which part of it is not so?", call)
    question = "what did your function return, and what is done with it here?"
    return mistake_of("runs", f"stops with {first_line(error)}", error, question, call)


def side_effect(calls: Sequence[Call], before: int | None) -> Mistake | None:
    """A changed argument of a call before number ``before``; of any call if that is None.

    A later call may see the changed argument, so its complaint would mislead; the layers of
    one and the same call come first.
    """
    for call in calls:
        if call.changes and (before is None or call.order < before):
            return Mistake(
                "side effects",
                next(iter(call.changes.values())),
                "Methods ending in _, += and assignments to x[...] write into the argument.",
                "which line writes, and what would make a new value instead?",
                subject=call.subject,
                order=call.order,
            )
    return None
