"""The tables that run-dbt writes beside dbt: runs, reports of reconcile, dead letters and, in BigQuery, the key."""

import io
import json
import re
import time
from typing import Any, Protocol

import yaml

from messages import is_locked
from settings import Settings

Row = dict[str, Any]
SOURCES = "models/staging/operations/operations_sources.yml"
BIGQUERY = {"text": "STRING", "timestamp": "TIMESTAMP", "bigint": "INT64"}
RETRY_SECONDS = 0.5
DUCKDB = {"text": "VARCHAR", "timestamp": "TIMESTAMPTZ", "bigint": "BIGINT"}


def tables_of(settings: Settings, source: str) -> dict[str, dict[str, str]]:
    """Columns with their types of each table of a source, as the project's YAML has them."""
    text = (settings.project_dir / SOURCES).read_text()
    # dbt fills in the schema; here it is known.
    described = yaml.safe_load(re.sub(r"schema: .*", "schema: any", text))
    found = next(each for each in described["sources"] if each["name"] == source)
    return {
        table["name"]: {column["name"]: column["data_type"] for column in table["columns"]}
        for table in found["tables"]
    }


class Operations(Protocol):
    def prepare(self) -> None:
        """Makes what is missing; in BigQuery it also puts the key where models read it."""

    def last(self, table: str, column: str, where: str) -> Any:
        """The value of a column in the row with the greatest finished_at, or None."""

    def append(self, table: str, rows: list[Row]) -> None: ...

    def replace(self, table: str, rows: list[Row]) -> None: ...


class DuckdbOperations:
    """Each call opens the file and closes it: loads and dbt want it too, and are waited for."""

    def __init__(self, settings: Settings):
        self.path = settings.duckdb_path
        self.patience = settings.lock_wait_seconds
        self.tables = tables_of(settings, "operations")

    def _run(self, work):
        import duckdb

        until = time.monotonic() + self.patience
        while True:
            try:
                connection = duckdb.connect(self.path, config={"autoinstall_known_extensions": False})
                break
            except duckdb.IOException as error:
                if not is_locked(str(error)) or time.monotonic() >= until:
                    raise
                time.sleep(RETRY_SECONDS)
        with connection:
            connection.execute("SET TimeZone = 'UTC'")
            return work(connection)

    def prepare(self) -> None:
        def work(connection) -> None:
            connection.execute("CREATE SCHEMA IF NOT EXISTS staging")
            for table, columns in self.tables.items():
                typed = ", ".join(f"{name} {DUCKDB[kind]}" for name, kind in columns.items())
                connection.execute(f"CREATE TABLE IF NOT EXISTS staging.{table} ({typed})")

        self._run(work)

    def last(self, table: str, column: str, where: str) -> Any:
        sql = f"SELECT {column} FROM staging.{table} WHERE {where} ORDER BY finished_at DESC LIMIT 1"
        found = self._run(lambda connection: connection.execute(sql).fetchone())
        return found[0] if found else None

    def append(self, table: str, rows: list[Row]) -> None:
        self._write(table, rows, clear=False)

    def replace(self, table: str, rows: list[Row]) -> None:
        self._write(table, rows, clear=True)

    def _write(self, table: str, rows: list[Row], clear: bool) -> None:
        columns = list(self.tables[table])

        def work(connection) -> None:
            connection.begin()
            if clear:
                connection.execute(f"DELETE FROM staging.{table}")
            if rows:
                marks = ", ".join("?" for _ in columns)
                values = [[row.get(name) for name in columns] for row in rows]
                connection.executemany(f"INSERT INTO staging.{table} VALUES ({marks})", values)
            connection.commit()

        self._run(work)


class BigqueryOperations:
    """Rows go in by load jobs, so that no value is in the text of a statement, the key least of all."""

    def __init__(self, settings: Settings):
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        emulator = {}
        if settings.bigquery_endpoint:
            emulator = {
                "credentials": AnonymousCredentials(),
                "client_options": {"api_endpoint": settings.bigquery_endpoint},
            }
        self.bigquery = bigquery
        self.client = bigquery.Client(project=settings.project, location=settings.location, **emulator)
        self.dataset = f"{settings.project}.{settings.staging}"
        self.tables = {**tables_of(settings, "operations"), **tables_of(settings, "keys")}
        self.key = settings.pseudonym_key

    def _schema(self, table: str):
        return [self.bigquery.SchemaField(name, BIGQUERY[kind]) for name, kind in self.tables[table].items()]

    def prepare(self) -> None:
        for table in self.tables:
            made = self.bigquery.Table(f"{self.dataset}.{table}", schema=self._schema(table))
            made.labels = {"pipeline": "hospital", "layer": "staging"}
            self.client.create_table(made, exists_ok=True)
        rows = self.client.query_and_wait(f"SELECT key_hex FROM `{self.dataset}.pseudonym_key_values`")
        if [row["key_hex"] for row in rows] != [self.key]:
            self.replace("pseudonym_key_values", [{"key_hex": self.key}])

    def last(self, table: str, column: str, where: str) -> Any:
        sql = f"SELECT {column} FROM `{self.dataset}.{table}` WHERE {where} ORDER BY finished_at DESC LIMIT 1"
        return next((row[0] for row in self.client.query_and_wait(sql)), None)

    def append(self, table: str, rows: list[Row]) -> None:
        if rows:
            self._load(table, rows, "WRITE_APPEND")

    def replace(self, table: str, rows: list[Row]) -> None:
        if rows:
            self._load(table, rows, "WRITE_TRUNCATE")
        else:
            self.client.query_and_wait(f"TRUNCATE TABLE `{self.dataset}.{table}`")

    def _load(self, table: str, rows: list[Row], disposition: str) -> None:
        columns = self.tables[table]
        lines = "".join(json.dumps({name: row.get(name) for name in columns}) + "\n" for row in rows)
        config = self.bigquery.LoadJobConfig(
            schema=self._schema(table),
            source_format=self.bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            write_disposition=disposition,
        )
        file = io.BytesIO(lines.encode())
        self.client.load_table_from_file(file, f"{self.dataset}.{table}", job_config=config).result()


def operations(settings: Settings) -> Operations:
    return BigqueryOperations(settings) if settings.warehouse == "bigquery" else DuckdbOperations(settings)
