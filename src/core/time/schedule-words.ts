const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/**
 * A cron expression of five parts in words: "every day at 2:30 am", "every 15 minutes from 6 am to 8:45 pm, Monday to Friday". One that
 * uses more than plain values, lists, ranges and steps is given as it is: cron 0 6 L * *.
 */
export function scheduleWords(cron: string): string {
  const parts = cron.trim().toLowerCase().split(/\s+/);
  const [minute, hour, day, month, weekday] = parts as [string, string, string, string, string];
  const plain = /^(\*|[\d,]+|\d+-\d+|\*\/\d+)$/;
  if (parts.length !== 5 || ![minute, hour, day, month].every((part) => plain.test(part))) return `cron ${cron}`;
  const weekdays = namesOf(numbered(weekday, DAYS), DAYS, 7);
  const months = namesOf(month, [undefined, ...MONTHS], 13);
  if (weekdays === undefined || months === undefined || /^\*\/|-/.test(day)) return `cron ${cron}`;
  const time = timeWords(minute, hour);
  if (time === undefined) return `cron ${cron}`;
  const dates = day === '*' ? '' : `on the ${listOf(day.split(',').map((one) => ordinal(Number(one))))} of ${months || 'every month'}`;
  const inMonths = months && !dates ? ` in ${months}` : '';
  if (!time.startsWith('at ')) return [time + inMonths, dates, weekdays].filter(Boolean).join(', ');
  const days = dates ? [dates, weekdays && `if it is ${weekdays}`].filter(Boolean).join(' ') : weekdays ? `every ${weekdays}` : 'every day';
  return `${days.replace(/^every (\w+) to (\w+)$/, '$1 to $2')}${inMonths} ${time}`;
}

function timeWords(minute: string, hour: string): string | undefined {
  const step = /^\*\/(\d+)$/.exec(minute)?.[1];
  const hours = /^(\d+)-(\d+)$/.exec(hour);
  if (minute === '*' || step !== undefined) {
    const every = step === undefined || step === '1' ? 'every minute' : `every ${step} minutes`;
    if (hour === '*') return every;
    const last = step === undefined ? 59 : 60 - (60 % Number(step) || Number(step));
    return hours ? `${every} from ${clock(hours[1]!, 0)} to ${clock(hours[2]!, last)}` : undefined;
  }
  if (!/^\d+$/.test(minute)) return undefined;
  const past = minute === '0' ? '' : ` at ${minute} minutes past the hour`;
  const hourStep = /^\*\/(\d+)$/.exec(hour)?.[1];
  if (hour === '*' || hourStep === '1') return `every hour${past}`;
  if (hourStep !== undefined) return `every ${hourStep} hours${past}`;
  if (hours) return `every hour from ${clock(hours[1]!, Number(minute))} to ${clock(hours[2]!, Number(minute))}`;
  return `at ${listOf(hour.split(',').map((one) => clock(one, Number(minute))))}`;
}

/** `mon` and `jan` as their numbers. */
function numbered(part: string, names: readonly string[]): string {
  return names.reduce((text, name, i) => text.replaceAll(name.slice(0, 3).toLowerCase(), String(i)), part);
}

/** '' for every one; undefined where a value has no name. Names repeat after `size`: Sunday is 0 and 7. */
function namesOf(part: string, names: readonly (string | undefined)[], size: number): string | undefined {
  if (part === '*') return '';
  const name = (one: string): string | undefined => names[Number(one) % size];
  const range = /^(\d+)-(\d+)$/.exec(part);
  const found = (range ? [range[1]!, range[2]!] : part.split(',')).map(name);
  if (found.some((one) => one === undefined)) return undefined;
  return range ? found.join(' to ') : listOf(found as string[]);
}

function listOf(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)!}`;
}

function clock(hour: string, minute: number): string {
  const h = Number(hour) % 24;
  return `${h % 12 || 12}${minute ? `:${String(minute).padStart(2, '0')}` : ''} ${h < 12 ? 'am' : 'pm'}`;
}

function ordinal(n: number): string {
  const ending = n > 3 && n < 21 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${ending}`;
}
