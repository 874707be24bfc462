/** What is wrong with a field, in words; caught by the reader, which knows the file and the line. */
export class Mt940Defect extends Error {}

/** A balance (60F, 62F and the like): mark, date YYMMDD, currency, amount as text with a point and a sign. */
export interface Mt940Balance {
  date: string;
  currency: string;
  amount: string;
}

const BALANCE = /^([CD])(\d{6})([A-Z]{3})(\d{1,15},\d{0,6})$/;

export function balanceOf(tag: string, text: string): Mt940Balance {
  const parts = BALANCE.exec(text.trim());
  if (!parts) throw new Mt940Defect(`the balance :${tag}: is ${shown(text)}`);
  const [, mark, date = '', currency = '', amount = ''] = parts;
  return { date, currency, amount: signed(amount, mark === 'D') };
}

/** An entry (61). */
export interface Mt940Entry {
  value_date: string;
  /** MMDD, when it was booked. */
  entry_date: string | null;
  /** C, D, RC, RD; EC and ED are expected and not booked yet. */
  mark: string;
  /** With a point; what the account gets is positive. */
  amount: string;
  type_code: string | null;
  customer_reference: string | null;
  bank_reference: string | null;
  supplementary: string | null;
}

const ENTRY = /^(\d{6})(\d{4})?([RE]?[CD])([A-Z])?(\d{1,15},\d{0,6})([A-Z][A-Z0-9]{3})?/;

/** `2603020302CR1234,50NTRFREF//BANKREF`, and a second line with what else the bank says. A reversal counts the other way. */
export function entryOf(lines: readonly string[]): Mt940Entry {
  const [first = '', ...rest] = lines;
  const parts = ENTRY.exec(first);
  if (!parts) throw new Mt940Defect(`the entry :61: is ${shown(first)}`);
  const [all, value_date = '', entry_date, mark = '', , amount = '', type_code] = parts;
  const references = first.slice(all.length);
  const slashes = references.indexOf('//');
  return {
    value_date,
    entry_date: entry_date ?? null,
    mark,
    amount: signed(amount, mark === 'D' || mark === 'RC' || mark === 'ED'),
    type_code: type_code ?? null,
    customer_reference: (slashes < 0 ? references : references.slice(0, slashes)).trim() || null,
    bank_reference: slashes < 0 ? null : references.slice(slashes + 2).trim() || null,
    supplementary: rest.join(' ').trim() || null,
  };
}

/** A line of 65 characters was broken off where it was full; others end where the bank ended them. */
export function textOf(lines: readonly string[]): string | null {
  let text = '';
  lines.forEach((line, i) => {
    text += i === 0 || lines[i - 1]!.length >= FULL_LINE ? line : ` ${line}`;
  });
  return text.trim() || null;
}

const FULL_LINE = 65;

/** `1234,5` and `1234,` with a point. */
function signed(amount: string, negative: boolean): string {
  const [whole = '', fraction = ''] = amount.split(',');
  let from = 0;
  while (from < whole.length - 1 && whole[from] === '0') from++;
  return `${negative ? '-' : ''}${whole.slice(from)}${fraction === '' ? '' : `.${fraction}`}`;
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
