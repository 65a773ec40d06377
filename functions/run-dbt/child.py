"""Runs dbt by its programmatic runner, in a process of its own: so the memory goes back, and the DuckDB file too.

usage: child.py <plan.json> <report.json>
The plan: {"args": [...], "global": [...], "record": {...} or null, "docs": true or false}.
Lines on stdout: {"node", "status", "seconds"} as each node ends, {"touched", "rows", "bytes"} of incremental models.
The report: {"ok", "locked", "error", "results", "docs"}; its messages are safe to show.
"""

import json
import re
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

from messages import is_locked, node_name, safe_message

TOUCHED = re.compile(r"touched (\w+\.\w+): (\d+) rows, (\d+) bytes$")
HEALTH = ["pipeline_runs", "pipeline_health", "runs", "last_reconciles", "dead_letters", "change_lags", "load_states"]


def say(line: dict) -> None:
    print(json.dumps(line), flush=True)


def listen(event) -> None:
    if event.info.name == "NodeFinished":
        node = event.data.node_info
        if node.resource_type != "exposure":
            seconds = round(event.data.run_result.execution_time, 2)
            say({"node": node.node_name, "status": node.node_status.lower(), "seconds": seconds})
        return
    touched = TOUCHED.search(event.info.msg)
    if touched:
        say({"touched": touched[1], "rows": int(touched[2]), "bytes": int(touched[3])})


def status_of(result) -> str:
    return str(getattr(result.status, "value", result.status))


def summary(result) -> dict:
    error = str(result.exception) if result.exception else ""
    results = []
    for each in getattr(result.result, "results", None) or []:
        if each.node.resource_type == "exposure":
            continue
        message = str(each.message or "")
        if is_locked(message):
            error = message
        results.append(
            {
                "unique_id": each.node.unique_id,
                "name": node_name(each.node.unique_id),
                "status": status_of(each),
                "seconds": round(each.execution_time, 3),
                "message": safe_message(status_of(each), message),
            }
        )
    if not result.success and not results and not error:
        error = "dbt failed before its first node"
    return {
        "ok": bool(result.success),
        "locked": is_locked(error),
        "error": safe_message("error", error) if error else "",
        "results": results,
        "docs": False,
    }


def keep_results(target: Path) -> None:
    """Puts the results of the run aside, without what an engine quotes; later runs write over them."""
    file = target / "run_results.json"
    if not file.exists():
        return
    results = json.loads(file.read_text())
    for each in results["results"]:
        each["message"] = safe_message(each["status"], each["message"] or "")
    (target / "kept_results.json").write_text(json.dumps(results))
    file.unlink()


def counts(report: dict) -> dict:
    """The run as pipeline_runs has it."""
    by: dict[str, list[str]] = {}
    for each in report["results"]:
        by.setdefault(each["status"], []).append(each["name"])
    well = sum(len(by.get(status, [])) for status in ("success", "pass", "warn", "no-op"))
    failed = [*by.get("error", []), *by.get("fail", []), *by.get("runtime error", [])]
    return {
        "status": "ok" if report["ok"] else "failed",
        "passed": well,
        "failed": len(failed),
        "skipped": len(by.get("skipped", [])),
        "message": ", ".join(failed)[:1000] or report["error"],
    }


def main(plan: dict) -> dict:
    target = Path(plan["target"])
    options = ["--target-path", plan["target"], *plan["global"]]
    for name in ("kept_results.json", "run_results.json"):
        (target / name).unlink(missing_ok=True)
    parsed = dbtRunner().invoke(["parse", *options])
    if not parsed.success:
        return summary(parsed)
    quiet = dbtRunner(manifest=parsed.result)
    report = summary(dbtRunner(manifest=parsed.result, callbacks=[listen]).invoke([*plan["args"], *options]))
    keep_results(target)
    if report["locked"]:
        return report
    if plan["record"]:
        row = {**plan["record"], **counts(report)}
        recorded = quiet.invoke(["run-operation", "record_run", "--args", json.dumps({"run": row}), *options])
        # What went wrong is to be seen also where much of it went wrong.
        shown = quiet.invoke(["run", "--select", *HEALTH, *options])
        if not (recorded.success and shown.success):
            report["error"] = report["error"] or "the run could not be written down"
            report["ok"] = False
    if plan["docs"] and report["ok"]:
        report["docs"] = bool(quiet.invoke(["docs", "generate", "--static", *options]).success)
    return report


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(main(given), file)
