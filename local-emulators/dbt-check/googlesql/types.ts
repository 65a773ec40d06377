/** A type as the service has it. */
export interface TypeProto {
  type_kind: string
  array_type?: { element_type: TypeProto }
  struct_type?: { field: { field_name: string; field_type: TypeProto }[] }
}

const KINDS: Record<string, string> = {
  FLOAT64: 'DOUBLE',
  INTEGER: 'INT64',
  FLOAT: 'DOUBLE',
  BOOLEAN: 'BOOL',
}

/** `INT64`, `ARRAY<STRING>`, `STRUCT<a INT64, b DATE>` as the service has it. */
export function typeProto(name: string): TypeProto {
  const text = name.trim().toUpperCase()
  const array = /^ARRAY<(.*)>$/s.exec(text)
  if (array) return { type_kind: 'TYPE_ARRAY', array_type: { element_type: typeProto(array[1]!) } }
  const struct = /^STRUCT<(.*)>$/s.exec(text)
  if (struct) {
    const field = splitTop(struct[1]!).map((each) => {
      const [field_name, ...rest] = each.trim().split(/\s+/)
      return { field_name: field_name!, field_type: typeProto(rest.join(' ')) }
    })
    return { type_kind: 'TYPE_STRUCT', struct_type: { field } }
  }
  return { type_kind: `TYPE_${KINDS[text] ?? text}` }
}

function splitTop(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (const [index, char] of [...`${text},`].entries()) {
    if (char === '<') depth += 1
    if (char === '>') depth -= 1
    if (char !== ',' || depth > 0) continue
    parts.push(text.slice(start, index))
    start = index + 1
  }
  return parts
}

/** The name of a type as BigQuery writes it. */
export function typeName(type: TypeProto): string {
  const kind = type.type_kind.replace(/^TYPE_/, '')
  if (kind === 'ARRAY') return `ARRAY<${typeName(type.array_type!.element_type)}>`
  if (kind === 'STRUCT') {
    const fields = type.struct_type!.field.map((each) => `${each.field_name} ${typeName(each.field_type)}`)
    return `STRUCT<${fields.join(', ')}>`
  }
  return kind === 'DOUBLE' ? 'FLOAT64' : kind
}

/** The BigQuery type of a type of the dbt project's YAML, which are those of hospital/catalog.ts; as the macro sql_type has it. */
export function ofCatalog(type: string): string {
  const numeric = /^numeric\((\d+),(\d+)\)$/.exec(type)
  if (numeric) {
    const [precision, scale] = [Number(numeric[1]), Number(numeric[2])]
    return scale <= 9 && precision - scale <= 29 ? 'NUMERIC' : 'BIGNUMERIC'
  }
  const names: Record<string, string> = { bigint: 'INT64', integer: 'INT64', text: 'STRING', boolean: 'BOOL' }
  return names[type] ?? type.toUpperCase()
}
