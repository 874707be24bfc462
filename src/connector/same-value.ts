/** Equal as texts, or as numbers and times with other zeros behind: 12.5 and 12.50000, 2026-03-02 and 2026-03-02T00:00:00. */
export function sameValue(there: string | null, written: string | null): boolean {
  if (there === written || (there ?? '') === (written ?? '')) return true;
  if (there === null || written === null) return false;
  return plain(there) === plain(written);
}

function plain(text: string): string {
  if (/^-?\d+(?:\.\d+)?$/.test(text))
    return text
      .replace(/^(-?)0+(?=\d)/, '$1')
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, '')
      .replace(/^-0$/, '0');
  const time = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?$/.exec(text);
  if (time) return `${time[1]} ${(time[2] ?? '00:00').padEnd(8, ':00').replace(/\.?0+$/, '')}`;
  return text.trimEnd();
}
