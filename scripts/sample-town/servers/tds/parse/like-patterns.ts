// LIKE with %, _ and the bracket classes [a-z] [^0-9], ignoring case as the collation does.

const remembered = new Map<string, RegExp>();

/** `escape` is empty when the statement names none. */
export function likePattern(pattern: string, escape: string): RegExp {
  const key = `${escape}\u0000${pattern}`;
  let expression = remembered.get(key);
  if (expression === undefined) {
    if (remembered.size > 500) remembered.clear();
    expression = compile(pattern, escape);
    remembered.set(key, expression);
  }
  return expression;
}

function compile(pattern: string, escape: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string;
    if (escape !== '' && char === escape && at + 1 < pattern.length) source += literal(pattern[++at] as string);
    else if (char === '%') source += '.*';
    else if (char === '_') source += '.';
    else if (char === '[' && pattern.indexOf(']', at + 2) > 0) {
      const end = pattern.indexOf(']', at + 2);
      const negated = pattern[at + 1] === '^';
      const body = pattern.slice(at + (negated ? 2 : 1), end).replaceAll(/[\\\]^[]/g, '\\$&');
      source += `[${negated ? '^' : ''}${body}]`;
      at = end;
    } else source += literal(char);
  }
  // Blanks at the end of the text, not of the pattern, do not count.
  return new RegExp(`^${source} *$`, 'isu');
}

function literal(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}
