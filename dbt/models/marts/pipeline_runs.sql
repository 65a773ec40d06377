select run_id, kind, started_at, finished_at, status, passed, failed, skipped, message from {{ ref('runs') }}
