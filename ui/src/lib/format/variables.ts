// A function's variables between the API's object and the rows of a form.

export interface VariableRow {
  /** Of the form alone: keeps a row itself while its name is typed. */
  key: number;
  name: string;
  value: string;
}

let lastKey = 0;

export function newRow(name = '', value = ''): VariableRow {
  lastKey += 1;
  return { key: lastKey, name, value };
}

export function rowsOf(vars: Record<string, string>): VariableRow[] {
  return Object.entries(vars).map(([name, value]) => newRow(name, String(value)));
}

/** The object to save, and what keeps it from being saved. Rows left wholly empty do not count. */
export function varsOf(rows: readonly VariableRow[]): { vars: Record<string, string>; problem: string } {
  const vars: Record<string, string> = {};
  let problem = '';
  for (const { name, value } of rows) {
    const trimmed = name.trim();
    if (trimmed === '' && value === '') continue;
    if (trimmed === '') problem = 'A value has no name.';
    else if (Object.hasOwn(vars, trimmed)) problem = `${trimmed} stands there twice.`;
    else if (trimmed.includes('=')) problem = `${trimmed}: a name cannot hold “=”.`;
    else vars[trimmed] = value;
  }
  return { vars, problem };
}
