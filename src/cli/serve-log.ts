import { pino, type Logger } from 'pino';

/** What happens, on stdout: JSON lines for a log collector, plain lines for a person at a terminal. */
export async function serveLog(level: string, terminal: boolean = process.stdout.isTTY === true): Promise<Logger> {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return terminal
    ? pino(options, { write: (line: string) => void process.stdout.write(plainLine(line)) })
    : pino(options, pino.destination({ dest: 1, sync: true }));
}

/** `09:28:01 info  run: succeeded  pipeline=payments read=24,786` */
export function plainLine(json: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const told = Object.entries(fields).flatMap(([name, value]) => {
    if (value === '' || (Array.isArray(value) && value.length === 0)) return [];
    return Array.isArray(value) ? value.map((item) => `\n         ${name}: ${textOf(item)}`) : [` ${name}=${textOf(value)}`];
  });
  return `${new Date(String(time)).toTimeString().slice(0, 8)} ${String(level).padEnd(5)} ${String(msg)} ${told.join('')}\n`;
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
