import type { GoogleSql } from './googlesql/engine.ts'

/** Statements of a script of BigQuery's without comments, split at the semicolons that stand in no text or name. */
export function splitScript(script: string): string[] {
  const pieces = script.match(
    /'''[\s\S]*?'''|"""[\s\S]*?"""|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|;|[^'"`;\-/]+|[-/]/g,
  )
  const statements: string[] = ['']
  for (const piece of pieces ?? []) {
    if (piece === ';') statements.push('')
    else if (/^(--|\/\*)/.test(piece)) statements[statements.length - 1] += ' '
    else statements[statements.length - 1] += piece
  }
  return statements.map((each) => each.trim()).filter((each) => each !== '')
}

/**
 * Analyses a script statement by statement; what GoogleSQL's analyser leaves to the script itself (DECLARE, SET, IF) by
 * the expressions in it. Returns how many statements there were. Throws an Error on the first that is wrong.
 */
export function analyseScript(
  sql: GoogleSql,
  script: string,
  parameters: Readonly<Record<string, string>> = {},
): number {
  const statements = splitScript(script)
  for (const statement of statements) analyseOne(sql, statement, parameters)
  return statements.length
}

function analyseOne(sql: GoogleSql, statement: string, parameters: Readonly<Record<string, string>>): void {
  const declare = /^DECLARE\s+(\w+)\s+([\w<>, ]+?)(?:\s+DEFAULT\s+([\s\S]+))?$/i.exec(statement)
  if (declare) {
    sql.setVariable(declare[1]!, declare[2]!)
    if (declare[3]) sql.check(`SELECT CAST(${declare[3]} AS ${declare[2]})`, parameters)
    return
  }
  const set = /^SET\s+(\w+)\s*=\s*([\s\S]+)$/i.exec(statement)
  if (set) {
    // Both have to be of one type.
    sql.check(`SELECT IF(TRUE, ${set[1]}, ${set[2]})`, parameters)
    return
  }
  if (/^END IF$/i.test(statement)) return
  const branch = /^IF\s+([\s\S]+?)\s+THEN\s+([\s\S]+)$/i.exec(statement)
  if (branch) {
    sql.check(`SELECT IF(${branch[1]}, 1, 2)`, parameters)
    analyseOne(sql, branch[2]!, parameters)
    return
  }
  sql.check(statement, parameters)
}
