import { pino, type Logger } from 'pino';
import { clockTime, momentInZone } from '../../core/time/zoned-time.ts';
import { escapedJson, visibleLine } from '../../core/text/visible.ts';

/** What happens, on stdout: JSON lines with times in UTC for a log collector, plain lines with the town's time for a person at a terminal. */
export async function serveLog(level: string, zone: string, terminal: boolean = process.stdout.isTTY === true): Promise<Logger> {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Standard output is written at once where it is a file, a pipe or a terminal, so the last lines of a process are not lost.
  return pino(options, { write: (line: string) => void process.stdout.write(terminal ? plainLine(line, zone) : escapedJson(line)) });
}

/** `09:28:01 EDT info  run: succeeded  pipeline=payments read=24,786` */
export function plainLine(json: string, zone: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const told = Object.entries(fields).flatMap(([name, value]) => {
    if (value === '' || (Array.isArray(value) && value.length === 0)) return [];
    return Array.isArray(value) ? value.map((item) => `\n         ${name}: ${textOf(item, zone)}`) : [` ${name}=${textOf(value, zone)}`];
  });
  return `${clockTime(String(time), zone)} ${String(level).padEnd(5)} ${String(msg)} ${told.join('')}\n`;
}

/** A moment is told as the rest of the line is, by the town's clock. */
function textOf(value: unknown, zone: string): string {
  return visibleLine(typeof value === 'object' ? JSON.stringify(value) : momentInZone(String(value), zone));
}
