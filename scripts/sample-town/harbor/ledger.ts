import { dollars } from '../generate/money.ts';
import { addDays } from '../generate/calendar.ts';
import { after } from './books.ts';
import { anotherAccount, byAccount, type Close, closeNumber, largestAccount } from './close.ts';
import { type Making, stageOf } from './making.ts';

/** The close of a dock in the ledger: one entry of a line for each account, on the day of the close. */
export function postClose(making: Making, close: Close): void {
  const { plant, row, link, next } = making;
  const { day, mishap } = close;
  const E = 'receipts-to-ledger';
  const batch = closeNumber(close);
  const all = [...close.drawer, ...close.cards];
  if (mishap === 'never posted')
    return plant(
      E,
      'unposted',
      all.map(({ number }) => number),
    );
  if (mishap === 'finance rejected') {
    for (const { number } of all) plant(E, 'rejected', [number]);
    return;
  }
  const posted = mishap === 'wrong period' ? after(`${addDays(`${day.slice(0, 7)}-28`, 7).slice(0, 7)}-01`, 2) : day;
  const post = (lines: readonly [string, number][], of: string, on = posted): string[] => {
    const entry = next('J');
    return lines.map(([account, cents]) => {
      const line = next('L');
      row('ledger', stageOf(on), on, {
        line,
        entry,
        posted: on,
        account,
        side: 'credit',
        amount: dollars(cents),
        batch: of,
        text: 'Harbor close',
      });
      return line;
    });
  };
  const accounts = byAccount(all);
  const largest = largestAccount(all);
  const numbersOf = (account: string): string[] => all.filter((p) => p.account === account).map(({ number }) => number);
  if (mishap === 'wrong account') {
    // The whole account goes to another one that this close has not, or to one that it has as a line of its own.
    const wrong = accounts.length < 3 ? anotherAccount(accounts.map(([a]) => a)) : '600-090-4690';
    const lines = post(
      accounts.map(([a, cents]) => [a === largest ? wrong : a, cents]),
      batch,
    );
    accounts.forEach(([a], i) => link(E, numbersOf(a), [lines[i]!]));
    return plant(E, 'wrong_account', [...numbersOf(largest), lines[accounts.findIndex(([a]) => a === largest)]!]);
  }
  const wrongBy = mishap === 'posted too much' ? 8000 : 0;
  const lines = post(
    accounts.map(([a, cents]) => [a, cents + (a === largest ? wrongBy : 0)]),
    batch,
  );
  accounts.forEach(([a], i) => {
    if (wrongBy && a === largest) plant(E, 'amount_differs', [...numbersOf(a), lines[i]!]);
    else link(E, numbersOf(a), [lines[i]!]);
  });
  if (mishap === 'wrong period') plant(E, 'wrong_period', lines);
  if (mishap === 'posted twice') plant(E, 'duplicate_posting', post(accounts, batch));
  if (mishap === 'entry without receipts') plant(E, 'only_right', post([[anotherAccount([largest]), 7350]], `M${batch}`));
}
