"""run-dbt: builds the marts, tests them, keeps what dbt says, and says how it went. Cloud Scheduler calls it.

POST {} runs the whole: `dbt build`, artifacts and docs to the bucket, the run into pipeline_runs. POST {"args": [...]}
runs another command of dbt. 200: all is well; 500: a model or a test failed, and what depends on it was left as it was;
503: warehouse or bucket could not be reached; 400: no such request. With `Accept: application/x-ndjson` lines come as
dbt works, and the last one is the report.
"""

import json
import os
import queue
import sys
import threading

import functions_framework
from flask import Request, Response

from lake import Lake
from messages import is_locked
from operations import operations
from runner import RequestInvalid, Runner
from settings import SettingInvalid, read_settings

try:
    SETTINGS = read_settings(os.environ)
except SettingInvalid as error:
    print(json.dumps({"severity": "ERROR", "code": "SETTING_INVALID", "message": str(error)}), file=sys.stderr)
    sys.exit(1)

_made = threading.Lock()
_runner: list[Runner] = []


def runner() -> Runner:
    """Made with the first request, so that the function starts without its warehouse."""
    with _made:
        if not _runner:
            _runner.append(Runner(SETTINGS, operations(SETTINGS), Lake(SETTINGS)))
        return _runner[0]


def log(severity: str, message: str, **more) -> None:
    line = {"severity": severity, "component": "run-dbt", "message": message, **more}
    print(json.dumps(line), flush=True)


def answer(status: int, body: dict, headers: dict | None = None) -> Response:
    return Response(json.dumps(body), status, {"Content-Type": "application/json", **(headers or {})})


def work(args: list[str] | None, on_line) -> tuple[int, dict]:
    """Runs dbt. Returns the HTTP status and the body; the text of an engine's error stays here."""
    try:
        report = runner().run(args, on_line)
    except RequestInvalid as error:
        return 400, {"code": "REQUEST_INVALID", "message": str(error)}
    except Exception as error:  # noqa: BLE001 whatever a client throws may quote what it was given
        locked = is_locked(str(error))
        kind = "another process has the file" if locked else type(error).__name__
        log("ERROR", "could not run dbt", error=kind)
        return 503, {"code": "WAREHOUSE_UNAVAILABLE", "message": f"could not run dbt: {kind}"}
    for each in report["results"]:
        if each["status"] in ("error", "fail", "runtime error"):
            log("ERROR", "failed", node=each["name"], status=each["status"], reason=each["message"])
        elif each["status"] == "warn":
            log("WARNING", "warns", node=each["name"], reason=each["message"])
    told = {name: report[name] for name in ("run_id", "seconds", "skipped", "docs")}
    if report["ok"]:
        log("INFO", "built", nodes=len(report["results"]), **told)
        return 200, report
    log("ERROR", "dbt failed", failed=report["failed"][:100], error=report["error"], **told)
    if report["locked"]:
        return 503, {**report, "code": "WAREHOUSE_UNAVAILABLE", "message": "another process has the file"}
    failed = ", ".join(report["failed"][:10]) or report["error"]
    return 500, {**report, "code": "DBT_FAILED", "message": f"dbt failed: {failed}"}


def lines(args: list[str] | None):
    """The lines of a run as they come, and its report at the end."""
    told: queue.Queue = queue.Queue()

    def run() -> None:
        status, body = work(args, told.put)
        told.put({"status": status, "report": body})

    threading.Thread(target=run, daemon=True).start()
    while True:
        line = told.get()
        yield f"{json.dumps(line)}\n"
        if "report" in line:
            return


@functions_framework.http
def run_dbt(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        return answer(200, {"status": "ok"})
    if request.method != "POST":
        return answer(405, {"code": "REQUEST_INVALID", "message": "expected POST"}, {"Allow": "GET, POST"})
    try:
        body = json.loads(request.get_data() or b"{}")
        args = body.get("args")
        if args is not None and not isinstance(args, list):
            raise TypeError
    except (ValueError, TypeError, AttributeError):
        return answer(400, {"code": "REQUEST_INVALID", "message": 'expected {"args"?: ["build", ...]}'})
    if request.headers.get("Accept") == "application/x-ndjson":
        return Response(lines(args), 200, {"Content-Type": "application/x-ndjson"})
    return answer(*work(args, lambda line: None))
