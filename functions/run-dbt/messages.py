"""What may be shown of dbt: names, counts and syntax, never a row value that an engine quotes."""

import re

HARMLESS = re.compile(r"\b(?:Parser|Binder|Catalog|Compilation|Parsing) Error\b[\s\S]*")
ENGINE_KIND = re.compile(r"\b(Conversion|Constraint|Invalid Input|Out of Range|Out of Memory|IO|Internal) Error\b")
BIGQUERY_KIND = re.compile(r"\b(accessDenied|notFound|quotaExceeded|rateLimitExceeded|bytesBilledLimitExceeded|invalidQuery)\b")
LOCKED = re.compile(r"could not set lock|conflicting lock|being used by another process", re.I)
WELL = {"success", "pass", "no-op"}
LONGEST = 400


def is_locked(text: str) -> bool:
    """Whether an error says that another process has the DuckDB file."""
    return bool(LOCKED.search(text))


def safe_message(status: str, message: str) -> str:
    """Empty when all is well; else what happened."""
    if status in WELL:
        return ""
    if status == "skipped":
        return "skipped, as something it depends on failed"
    rows = re.match(r"Got (\d+) results?", message)
    if rows:
        return f"{rows[1]} rows"
    if re.search(r"^actual differs from expected", message, re.M):
        return "differs from what the unit test expects"
    if is_locked(message):
        return "another process has the file"
    kind = ENGINE_KIND.search(message)
    if kind:
        return f"{kind[1]} Error"
    refused = BIGQUERY_KIND.search(message)
    if refused:
        return f"BigQuery: {refused[1]}"
    harmless = HARMLESS.search(message)
    if harmless:
        return re.sub(r"\s+", " ", harmless[0]).strip()[:LONGEST]
    return "dbt gave an error that could quote a value"


def node_name(unique_id: str) -> str:
    """`test.hospital.unique_x.1a2b` is unique_x."""
    kind, _, *rest = unique_id.split(".")
    return (rest[-1] if kind == "unit_test" else rest[0]) if rest else unique_id
