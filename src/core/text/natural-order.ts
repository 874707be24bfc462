/** Compares texts as people put them in order: the numbers in them by their value, so that B9 comes before B10; the rest by its characters. */
export function compareNatural(a: string, b: string): number {
  const [as, bs] = [parts(a), parts(b)];
  for (let i = 0; i < as.length && i < bs.length; i++) {
    const found = compareParts(as[i]!, bs[i]!);
    if (found !== 0) return found;
  }
  return as.length - bs.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** Digits and what is between them, in turn. */
function parts(text: string): string[] {
  return text.match(/\d+|\D+/g) ?? [];
}

function compareParts(a: string, b: string): number {
  if (!isNumber(a) || !isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0);
}

function isNumber(part: string): boolean {
  return part >= '0' && part < ':';
}
