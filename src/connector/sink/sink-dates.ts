/** `2026-03-02` or `2026-03-02T08:15:00` as a system wants it: MM/DD/YYYY. Text that is not a date stays as it is. */
export function writtenDate(iso: string, format: string): string {
  const m = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?/.exec(iso);
  if (!m) return iso;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00'] = m;
  const parts: Record<string, string> = {
    YYYY: year,
    YY: year.slice(2),
    MM: month,
    M: String(Number(month)),
    DD: day,
    D: String(Number(day)),
    HH: hour,
    mm: minute,
    ss: second,
  };
  return format.replace(/([A-Za-z])\1*/g, (part) => parts[part] ?? part);
}
