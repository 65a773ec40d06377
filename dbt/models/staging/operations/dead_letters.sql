select table_name, objects from {{ source('operations', 'dead_letters_now') }}
