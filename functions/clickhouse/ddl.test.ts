import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { schemaOf } from './ddl.ts'

test('every table of the catalog has each column in a type that keeps it, ordered by its key, without partitions', () => {
  const { tables } = schemaOf('hospital', catalog)
  const types: Record<string, string> = {
    ...{ bigint: 'Int64', integer: 'Int32', text: 'String', date: 'String', timestamp: 'String' },
    ...{ boolean: 'Bool', numeric: 'Decimal(10, 2)' },
  }
  for (const { name, key, columns } of catalog) {
    const sql = tables.find((each) => each.includes(`\`hospital\`.\`${name}\` (`))!
    assert.match(sql, /ENGINE = ReplacingMergeTree\(_version, _is_deleted\)/)
    assert.ok(sql.includes(`ORDER BY (${key.map((column) => `\`${column}\``).join(', ')})`), sql)
    assert.doesNotMatch(sql, /PARTITION/)
    for (const column of columns) {
      const type = types[column.type.kind]!
      const stored = key.includes(column.name) ? type : `Nullable(${type})`
      assert.ok(sql.includes(`\`${column.name}\` ${stored} COMMENT`), `${name}.${column.name}`)
    }
  }
})

test('names and texts can not leave their quotes, and another catalog is another schema', () => {
  const [first] = catalog
  const odd = { ...first!, name: 'o`d\\d', description: `it's \\' a` }
  const { tables, hash } = schemaOf('hospital', [odd])
  assert.ok(tables.at(-1)!.includes('`hospital`.`o\\`d\\\\d` ('))
  assert.ok(tables.at(-1)!.includes(`COMMENT 'it\\'s \\\\\\' a'`))
  assert.notEqual(hash, schemaOf('hospital', catalog).hash)
  assert.equal(schemaOf('hospital', catalog).hash, schemaOf('hospital', catalog).hash)
})
