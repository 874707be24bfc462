/** One change of an answer in XML or JSON. Paths are dotted, as in manifests. */
export type AnswerChange =
  | { kind: 'value'; path: string; to: string | ((text: string) => string) }
  | { kind: 'first_row' | 'no_rows'; path: string }
  | { kind: 'add_field'; path: string; name: string }
  | { kind: 'rename_field'; name: string; to: string };

/** The answer with the change made; undefined when there is nothing to change. What else stands in it stays byte for byte, but for JSON's spaces. */
export function changeAnswer(text: string, change: AnswerChange): string | undefined {
  const changed = /^\s*(\ufeff)?</.test(text) ? changeXml(text, change) : changeJson(text, change);
  return changed === text ? undefined : changed;
}

function changeXml(text: string, change: AnswerChange): string {
  if (change.kind === 'rename_field')
    return text.replace(new RegExp(`(</?(?:[\\w.-]+:)?)${escaped(change.name)}(?=[\\s/>])`, 'g'), `$1${change.to}`);
  const name = escaped(change.path.split('.').at(-1)!);
  if (change.kind === 'value') {
    const { to } = change;
    return text.replace(
      new RegExp(`(<(?:[\\w.-]+:)?${name}(?:\\s[^>]*)?>)([^<]*)(?=</)`),
      (_, open: string, value: string) => open + (typeof to === 'string' ? to : to(value)),
    );
  }
  if (change.kind === 'add_field')
    return text.replace(new RegExp(`(<((?:[\\w.-]+:)?)${name}(?:\\s[^>]*[^/])?>)`, 'g'), `$1<$2${change.name}>x</$2${change.name}>`);
  const rows = [...text.matchAll(new RegExp(`<((?:[\\w.-]+:)?${name})(?=[\\s/>])(?:[^>]*/>|[\\s\\S]*?</\\1>)`, 'g'))];
  const first = rows[0];
  const last = rows.at(-1);
  if (!first || !last) return text;
  if (change.kind === 'no_rows') return text.slice(0, first.index) + text.slice(last.index + last[0].length);
  if (rows.length < 2) return text;
  return text.slice(0, first.index + first[0].length) + text.slice(last.index + last[0].length);
}

/** Numbers keep their digits: 12.50 is not 12.5. */
function changeJson(text: string, change: AnswerChange): string | undefined {
  const raw = JSON as unknown as { rawJSON(text: string): unknown };
  let document: unknown;
  try {
    document = (JSON.parse as (text: string, reviver: (key: string, value: unknown, context: { source: string }) => unknown) => unknown)(
      text,
      (_, value, context) => (typeof value === 'number' ? raw.rawJSON(context.source) : value),
    );
  } catch {
    return undefined;
  }
  if (change.kind === 'rename_field') return text.replace(new RegExp(`"${escaped(change.name)}"(?=\\s*:)`, 'g'), JSON.stringify(change.to));
  const path = change.path === '' ? [] : change.path.split('.');
  const parent = path.slice(0, -1).reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document) as
    Record<string, unknown> | undefined;
  const name = path.at(-1);
  if (change.kind === 'value') {
    if (name === undefined || parent?.[name] === undefined) return undefined;
    const before = parent[name];
    const plain = typeof before === 'string' ? before : JSON.stringify(before);
    parent[name] =
      typeof change.to === 'string' ? change.to : typeof before === 'string' ? change.to(plain) : raw.rawJSON(change.to(plain));
    return JSON.stringify(document);
  }
  const rows = name === undefined ? document : parent?.[name];
  if (!Array.isArray(rows)) return undefined;
  if (change.kind === 'add_field') for (const row of rows) (row as Record<string, unknown>)[change.name] = 'x';
  else if (change.kind === 'no_rows') rows.length = 0;
  else if (rows.length > 1) rows.length = 1;
  else return undefined;
  return JSON.stringify(document);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
