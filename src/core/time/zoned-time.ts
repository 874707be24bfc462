/** `2026-07-01 09:28:01 EDT`: an instant (UTC text) as the town's clocks show it, with the name of the zone. */
export function zonedTime(utc: string | Date, zone: string): string {
  const part = partsOf(utc, zone);
  return `${part.year!.padStart(4, '0')}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second} ${part.timeZoneName}`;
}

/** A moment in UTC as this program writes it. */
export const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** A text that is a moment in UTC, by the town's clock; any other text as it is. */
export function momentInZone(text: string, zone: string): string {
  return INSTANT.test(text) ? zonedTime(text, zone) : text;
}

/** `09:28:01 EDT` of the same. */
export function clockTime(utc: string | Date, zone: string): string {
  const part = partsOf(utc, zone);
  return `${part.hour}:${part.minute}:${part.second} ${part.timeZoneName}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function partsOf(utc: string | Date, zone: string): Partial<Record<Intl.DateTimeFormatPartTypes, string>> {
  let format = formats.get(zone);
  if (!format)
    formats.set(
      zone,
      (format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        timeZoneName: 'short',
      })),
    );
  return Object.fromEntries(format.formatToParts(new Date(utc)).map(({ type, value }) => [type, value]));
}
