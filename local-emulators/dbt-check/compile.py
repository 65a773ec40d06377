"""Compiles the dbt project for BigQuery without BigQuery.

usage: compile.py <folder>; in the project's folder, with DBT_PROFILES_DIR set.
Writes <folder>/full and <folder>/incremental (dbt's target folders) and <folder>/statements.json: the statements that dbt
would run around the compiled queries, which it does not write down itself: hooks, merges and the operations' tables.
"""

import json
import sys

import google.auth
from google.auth.credentials import AnonymousCredentials

# dbt asks for credentials before it compiles, and sends nothing.
google.auth.default = lambda *args, **kwargs: (AnonymousCredentials(), "check-project")

import dbt.compilation  # noqa: E402
from dbt.cli.main import dbtRunner  # noqa: E402
from dbt.clients import jinja  # noqa: E402

MERGE = """{%- set dest_columns = [] -%}
{%- for name in columns -%}{%- do dest_columns.append(api.Column(name, 'string')) -%}{%- endfor -%}
{{ get_merge_sql(this, '(' ~ compiled ~ ')', config.get('unique_key'), dest_columns, none) }}"""
OVERWRITE = """{%- set dest_columns = [] -%}
{%- for name in columns -%}{%- do dest_columns.append(api.Column(name, 'string')) -%}{%- endfor -%}
{%- set by = adapter.parse_partition_by(config.get('partition_by')) -%}
{%- set predicate = by.render_wrapped(alias='DBT_INTERNAL_DEST') ~ ' in unnest(dbt_partitions_for_replacement)' -%}
{{ get_insert_overwrite_merge_sql(this, '(' ~ compiled ~ ')', dest_columns, [predicate]) }}"""

statements: list[dict] = []
branch = ""


def note(node, kind: str, context: dict, template: str) -> None:
    sql = jinja.get_rendered(template, context, node).strip()
    if sql:
        statements.append({"node": node.unique_id, "kind": kind, "branch": branch, "sql": sql})


def compile_code(self, node, manifest, extra_context=None):
    compiled = original(self, node, manifest, extra_context)
    if node.resource_type.value == "model":
        context = self._create_node_context(node, manifest, extra_context or {})
        for hook in [*node.config.pre_hook, *node.config.post_hook]:
            note(node, "hook", context, hook.sql)
        if node.name == "load_watermark" and branch == "full":
            note(node, "operations", context, "{{ operations_ddl() | join(';\n') }}")
        if node.config.materialized == "incremental" and branch == "incremental":
            context = {**context, "compiled": node.compiled_code, "columns": list(node.columns)}
            strategy = node.config.get("incremental_strategy")
            note(node, strategy, context, OVERWRITE if strategy == "insert_overwrite" else MERGE)
    return compiled


original = dbt.compilation.Compiler._compile_code
dbt.compilation.Compiler._compile_code = compile_code

folder = sys.argv[1]
for branch, select in (("full", []), ("incremental", ["--select", "resource_type:model"])):
    variables = json.dumps({"offline": branch, "as_of": "2026-06-15"})
    result = dbtRunner().invoke(
        ["compile", "--target", "bigquery", "--no-populate-cache", "--no-introspect", "--quiet", *select]
        + ["--vars", variables, "--target-path", f"{folder}/{branch}", "--log-path", folder, "--threads", "1"]
    )
    if not result.success:
        if result.exception:
            print(result.exception, file=sys.stderr)
        for each in result.result or []:
            if each.message and each.status.value == "error":
                print(each.message, file=sys.stderr)
        sys.exit(1)

with open(f"{folder}/statements.json", "w", encoding="utf-8") as file:
    json.dump(statements, file)
