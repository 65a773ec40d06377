"""Settings of run-dbt, from the environment. An empty variable counts as unset."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

HEX_KEY = re.compile(r"[0-9a-f]{64}")
SHORTEST_SECRET = 24


class SettingInvalid(Exception):
    """Names every setting that is missing or wrong, and none of their values."""


@dataclass(frozen=True)
class Settings:
    warehouse: str
    project: str
    bucket: str
    storage_endpoint: str | None
    duckdb_path: str | None
    lock_wait_seconds: int
    location: str | None
    prefix: str | None
    raw_dataset: str | None
    bigquery_endpoint: str | None
    pseudonym_key: str
    timeout_seconds: int
    project_dir: Path
    state_dir: Path

    @property
    def staging(self) -> str:
        """Where the tables that run-dbt writes lie."""
        return f"{self.prefix}_staging" if self.warehouse == "bigquery" else "staging"


def pseudonym_key(secret: str) -> str:
    """64 hex digits are the key itself, any other text is hashed to one."""
    return secret if HEX_KEY.fullmatch(secret) else hashlib.sha256(secret.encode()).hexdigest()


def dbt_project(source: Path) -> Path:
    """The dbt project: packed beside the function in the cloud, at the top of the repository here."""
    beside = source / "dbt"
    return beside if (beside / "dbt_project.yml").exists() else source.parent.parent / "dbt"


def read_settings(env: dict[str, str] | os._Environ) -> Settings:
    """Throws SettingInvalid."""
    wrong: list[str] = []

    def text(name: str, needed: bool = True) -> str | None:
        value = env.get(name) or None
        if value is None and needed:
            wrong.append(f"{name} is missing")
        return value

    def whole(name: str, default: int) -> int:
        value = env.get(name) or str(default)
        if not value.isdigit():
            wrong.append(f"{name} is not valid")
            return default
        return int(value)

    warehouse = text("WAREHOUSE") or ""
    if warehouse and warehouse not in ("duckdb", "bigquery"):
        wrong.append("WAREHOUSE is not valid")
    cloud = warehouse == "bigquery"
    secret = text("PSEUDONYM_KEY") or ""
    if secret and len(secret) < SHORTEST_SECRET:
        wrong.append("PSEUDONYM_KEY is not valid")
    source = Path(__file__).resolve().parent
    settings = Settings(
        warehouse=warehouse,
        project=text("GOOGLE_CLOUD_PROJECT") or "",
        bucket=text("LAKE_BUCKET") or "",
        storage_endpoint=text("STORAGE_EMULATOR_HOST", needed=False),
        duckdb_path=text("DUCKDB_PATH", needed=warehouse == "duckdb"),
        lock_wait_seconds=whole("DUCKDB_LOCK_WAIT_SECONDS", 60),
        location=text("BIGQUERY_LOCATION", needed=cloud),
        prefix=text("BIGQUERY_DATASET_PREFIX", needed=cloud),
        raw_dataset=text("BIGQUERY_RAW_DATASET", needed=False),
        bigquery_endpoint=text("BIGQUERY_EMULATOR_HOST", needed=False),
        pseudonym_key=pseudonym_key(secret),
        timeout_seconds=whole("FUNCTION_TIMEOUT_SECONDS", 1800),
        project_dir=dbt_project(source),
        state_dir=Path(env.get("DBT_STATE_DIR") or "/tmp/run-dbt"),
    )
    if wrong:
        raise SettingInvalid(", ".join(wrong))
    return settings
