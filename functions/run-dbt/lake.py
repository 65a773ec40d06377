"""The bucket: reports of reconcile, dead letters, and where dbt's artifacts go."""

import json
import re
from collections import Counter
from pathlib import Path

from google.api_core.exceptions import PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from settings import Settings

RECONCILES = "reports/reconcile/"
DOCS = "dbt/docs/index.html"
TABLE = re.compile(r"(?:postgres-source\.public\.|changes/)([a-z_][a-z0-9_]*)")


class Lake:
    def __init__(self, settings: Settings):
        options = {}
        if settings.storage_endpoint:
            options = {
                "credentials": AnonymousCredentials(),
                "client_options": {"api_endpoint": settings.storage_endpoint.removesuffix("/storage/v1")},
            }
        self.bucket = storage.Client(project=settings.project, **options).bucket(settings.bucket)

    def dead_letters(self) -> dict[str, int]:
        """Objects in dead-letters/ by table, `(other)` where a name tells of none."""
        counts: Counter[str] = Counter()
        for blob in self.bucket.client.list_blobs(self.bucket, prefix="dead-letters/", fields="items(name),nextPageToken"):
            found = TABLE.search(blob.name)
            counts[found[1] if found else "(other)"] += 1
        return dict(counts)

    def reconciles_after(self, name: str | None) -> list[tuple[str, dict]]:
        """Reports of reconcile in the order of their time, those whose name comes after one."""
        blobs = self.bucket.client.list_blobs(self.bucket, prefix=RECONCILES, start_offset=name)
        return [(blob.name, json.loads(blob.download_as_bytes())) for blob in blobs if blob.name != name]

    def docs_version(self) -> str | None:
        """Which version of the project the docs in the bucket show."""
        blob = self.bucket.get_blob(DOCS)
        return (blob.metadata or {}).get("code-version") if blob else None

    def put_docs(self, page: Path, code_version: str) -> None:
        blob = self.bucket.blob(DOCS)
        blob.metadata = {"code-version": code_version}
        blob.cache_control = "no-cache"
        blob.upload_from_filename(str(page), content_type="text/html; charset=utf-8")

    def keep(self, name: str, content: str) -> None:
        """Stores an artifact of a run; what is there stays."""
        try:
            self.bucket.blob(name).upload_from_string(content, content_type="application/json", if_generation_match=0)
        except PreconditionFailed:
            pass
