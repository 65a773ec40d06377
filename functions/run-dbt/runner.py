"""One run of dbt with what belongs around it: operations' tables, artifacts and docs in the bucket, the result."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from lake import Lake
from operations import Operations
from settings import Settings

COMMANDS = {"build", "run", "test", "seed", "snapshot", "compile", "parse", "source", "docs"}
# These lead dbt to another project, another warehouse or another folder.
FORBIDDEN = ("--project-dir", "--profiles-dir", "--profile", "--target", "-t", "--target-path", "--log-path")
HASHED = ("dbt_project.yml", "models", "macros")
RETRY_SECONDS = 1
# UTC; loads are few then.
WHOLE_LOG_HOUR = 4
Line = dict


class RequestInvalid(Exception):
    """What was asked for is no run of dbt that may be asked for."""


def check_args(args: list) -> list[str]:
    """Throws RequestInvalid."""
    if not all(isinstance(each, str) for each in args) or not args or args[0] not in COMMANDS:
        raise RequestInvalid(f"args begin with one of {', '.join(sorted(COMMANDS))}")
    for each in args:
        if each.split("=")[0] in FORBIDDEN:
            raise RequestInvalid(f"{each.split('=')[0]} is set by run-dbt")
    return args


def code_version(project: Path) -> str:
    """Another text when a model, a macro or the project's settings are another."""
    digest = hashlib.sha256()
    for part in HASHED:
        path = project / part
        for file in [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file()):
            digest.update(f"{file.relative_to(project)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def environment(settings: Settings) -> dict[str, str]:
    """What dbt runs with. Variables that begin with DBT_ENV_SECRET are kept out of its logs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    given = {name: value for name, value in os.environ.items() if name.startswith("BIGQUERY_MAXIMUM_BYTES")}
    values = {
        "DBT_TARGET": settings.warehouse,
        "DBT_PROJECT_DIR": str(settings.project_dir),
        "DBT_PROFILES_DIR": str(settings.project_dir),
        "DBT_LOG_PATH": str(settings.state_dir),
        # The file would hold the engine's own messages, and those may quote a value.
        "DBT_LOG_LEVEL_FILE": "none",
        "DBT_LOG_LEVEL": "none",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "DUCKDB_PATH": settings.duckdb_path or "",
        "GOOGLE_CLOUD_PROJECT": settings.project,
        "BIGQUERY_LOCATION": settings.location or "",
        "BIGQUERY_DATASET_PREFIX": settings.prefix or "",
        "BIGQUERY_RAW_DATASET": settings.raw_dataset or "",
        "DBT_ENV_SECRET_PSEUDONYM_KEY": settings.pseudonym_key,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {**kept, **given, **{name: value for name, value in values.items() if value}}


def run_child(settings: Settings, plan: dict, seconds: float) -> Iterator[Line]:
    """Runs the child; gives its lines, and {"report": ...} as the last one. It is ended when the time is over."""
    source = Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as folder:
        plan_file, report_file = Path(folder, "plan.json"), Path(folder, "report.json")
        plan_file.write_text(json.dumps(plan))
        child = subprocess.Popen(
            [sys.executable, str(source / "child.py"), str(plan_file), str(report_file)],
            cwd=settings.project_dir,
            env=environment(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        timer = threading.Timer(max(seconds, 0), child.kill)
        timer.start()
        try:
            for line in child.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
            child.wait()
        finally:
            timer.cancel()
            if child.poll() is None:
                child.kill()
                child.wait()
        text = report_file.read_text() if report_file.exists() else ""
        if child.returncode == 0 and text:
            yield {"report": json.loads(text)}
            return
        error = "the time of the function is over" if child.returncode < 0 else "dbt ended without a report"
        yield {"report": {"ok": False, "locked": False, "error": error, "results": [], "docs": False}}


class Runner:
    """Runs of one function, one after the other."""

    def __init__(self, settings: Settings, operations: Operations, lake: Lake):
        self.settings = settings
        self.operations = operations
        self.lake = lake
        self.turn = threading.Lock()

    def run(self, args: list[str] | None, on_line: Callable[[Line], None] = lambda line: None) -> dict:
        """
        Runs dbt and returns the report. Without `args` it is the whole: build, tests, artifacts, docs, and what the
        pipeline's health is shown from. Throws RequestInvalid, and what the warehouse or the bucket throw.
        """
        command = check_args(args if args is not None else ["build"])
        with self.turn:
            return self._run(command, command == ["build"], on_line)

    def _run(self, args: list[str], whole: bool, on_line: Callable[[Line], None]) -> dict:
        started = datetime.now(UTC)
        deadline = time.monotonic() + self.settings.timeout_seconds * 0.9
        run_id = f"dbt/runs/date={started:%Y%m%d}/{started:%Y%m%dT%H%M%S%fZ}"
        version = code_version(self.settings.project_dir)
        self.operations.prepare()
        if whole:
            self._look_around()
        refresh = args[0] in ("build", "run") and version != self._built_with()
        plan = {
            "args": [*args, *self._usual(args, whole, started), *(["--full-refresh"] if refresh else [])],
            "global": [],
            "target": str(self.settings.state_dir / "target"),
            "record": self._record(run_id, started, version) if whole else None,
            "docs": whole and self.lake.docs_version() != version,
        }
        report = self._until_free(plan, deadline, on_line)
        if whole:
            self._put_away(run_id, report, plan["docs"], version)
        failed = [each["name"] for each in report["results"] if each["status"] in ("error", "fail", "runtime error")]
        return {
            "run_id": run_id,
            "args": plan["args"],
            "ok": report["ok"],
            "locked": report["locked"],
            "error": report["error"],
            "seconds": round((datetime.now(UTC) - started).total_seconds(), 1),
            "failed": failed,
            "skipped": sum(each["status"] == "skipped" for each in report["results"]),
            "docs": report["docs"],
            "results": report["results"],
        }

    def _look_around(self) -> None:
        """Takes what marts of the pipeline's health show from the bucket into the warehouse."""
        letters = [{"table_name": name, "objects": count} for name, count in self.lake.dead_letters().items()]
        self.operations.replace("dead_letters_now", letters)
        last = self.operations.last("pipeline_runs_log", "run_id", "kind = 'reconcile'")
        runs, tables = [], []
        for name, found in self.lake.reconciles_after(last):
            counts = [each["status"] for each in found["tables"]]
            different = sorted(each["table"] for each in found["tables"] if each["status"] == "different")
            common = {"run_id": name, "finished_at": found["finishedAt"]}
            runs.append(
                {
                    **common,
                    "kind": "reconcile",
                    "started_at": found["at"],
                    "status": found["status"],
                    "passed": counts.count("equal"),
                    "failed": len(different),
                    "skipped": counts.count("behind"),
                    "message": ", ".join(different),
                }
            )
            tables += [
                {**common, "table_name": each["table"], "status": each["status"], "source_rows": each["rows"]}
                for each in found["tables"]
            ]
        self.operations.append("reconcile_log", tables)
        self.operations.append("pipeline_runs_log", runs)

    def _built_with(self) -> str | None:
        """The version of the project that the warehouse was last built with as a whole."""
        return self.operations.last("pipeline_runs_log", "code_version", "kind = 'dbt' AND status = 'ok'")

    def _usual(self, args: list[str], whole: bool, now: datetime) -> list[str]:
        """In BigQuery unit tests have no place, and tests that read the whole log are for once a day."""
        if self.settings.warehouse != "bigquery" or not whole:
            return []
        daily = [] if now.hour == WHOLE_LOG_HOUR else ["--exclude", "tag:whole_log"]
        return ["--exclude-resource-type", "unit_test", *daily]

    @staticmethod
    def _record(run_id: str, started: datetime, version: str) -> dict:
        return {"run_id": run_id, "kind": "dbt", "started_at": started.isoformat(), "code_version": version}

    def _until_free(self, plan: dict, deadline: float, on_line: Callable[[Line], None]) -> dict:
        """Tries again while another process has the DuckDB file."""
        patience = min(deadline, time.monotonic() + self.settings.lock_wait_seconds)
        while True:
            report = None
            for line in run_child(self.settings, plan, deadline - time.monotonic()):
                report = line.get("report")
                if report is None:
                    on_line(line)
            if not report["locked"] or time.monotonic() >= patience:
                return report
            on_line({"waiting": "another process has the file"})
            time.sleep(RETRY_SECONDS)

    def _put_away(self, run_id: str, report: dict, docs: bool, version: str) -> None:
        target = self.settings.state_dir / "target"
        for file, name in (("kept_results.json", "run_results.json"), ("manifest.json", "manifest.json")):
            if (target / file).exists():
                self.lake.keep(f"{run_id}/{name}", (target / file).read_text())
        page = target / "static_index.html"
        if docs and report["docs"] and page.exists():
            self.lake.put_docs(page, version)
