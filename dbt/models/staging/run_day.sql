select cast('{{ var("as_of", "") or run_started_at.strftime("%Y-%m-%d") }}' as date) as as_of
