import { businessDays, dayNumber } from '../../src/reconciliation/calendar.ts';
import type { Entry, Pass } from '../../src/reconciliation/entry.ts';
import { NO_RULES } from '../../src/reconciliation/exceptions/rules.ts';
import { reconcileSides, type Rules } from '../../src/reconciliation/match/reconcile.ts';
import { below, businessDaysAfter, entry, FIRST, key, LAST, pick, PRICES, random, RECEIPTS } from './invented-year.ts';

/**
 * Reconciles an invented fiscal year whose truth is known, leg by leg, and prints how many of the true links were confirmed
 * without a person and how many confirmed links are wrong. `--receipts N` (250,000), `--blank PERCENT` of all hard keys,
 * `--seed N`.
 */
const HOLIDAYS = ['2026-07-03', '2026-09-07', '2026-11-26', '2026-12-25', '2027-01-01', '2027-05-31'].map(dayNumber);
const days = businessDays([0, 6], HOLIDAYS);
const PLACES = ['pool', 'recreation center', 'clerk', 'permits', 'tax office', 'library'];
const after = businessDaysAfter(days);

interface Leg {
  rules: Rules;
  left: Entry[];
  right: Entry[];
  truth: Set<string>;
}

function leg(reconciliation: string, passes: Pass[], lag: number): Leg {
  const open = { left: { type: 'left_open', within: lag }, right: { type: 'right_open', within: lag } };
  return { rules: { reconciliation, passes, open, exceptions: { ...NO_RULES, overShort: 2000 } }, left: [], right: [], truth: new Set() };
}

const same = (field: string, ...clean: ('digits' | 'no_leading_zeros')[]): Pass & object => ({
  kind: 'key',
  name: field,
  on: [{ left: field, right: field, clean }],
  sides: 'many_to_one',
  within: { from: 0, to: 5 },
  confirm: 'automatic',
});
const amount = (block: string[], to: number, text: string[]): Pass => ({
  kind: 'amount',
  name: 'amount and day',
  block: block.map((field) => ({ left: field, right: field })),
  within: { from: 0, to },
  text: text.map((field) => ({ left: field, right: field })),
  chance: 100,
  confirm: 'automatic',
});
const subset = (block: string[], to: number): Pass => ({
  kind: 'subset',
  name: 'parts',
  block: block.map((field) => ({ left: field, right: field })),
  within: { from: 0, to },
  one: 'right',
  most: 16,
  together: [],
  negative: [],
  chance: 10,
  confirm: 'automatic',
});
const group = (...fields: string[]): Pass => ({
  kind: 'key',
  name: fields.join(' and '),
  on: fields.map((field) => ({ left: field, right: field })),
  sides: 'many_to_one',
  confirm: 'automatic',
});

function town(): Leg[] {
  const slips = leg('tenders-to-slips', [same('batch'), group('place', 'business_date'), subset(['place'], 1)], 2);
  const bank = leg(
    'slips-to-bank',
    [same('slip', 'digits', 'no_leading_zeros'), amount(['account'], 3, ['memo']), subset(['account'], 3)],
    3,
  );
  const cards = leg('cards-to-settlements', [same('batch'), group('place', 'business_date', 'brand')], 2);
  const payouts = leg('settlements-to-bank', [same('reference', 'digits'), amount(['account', 'brand'], 4, ['memo'])], 4);
  const open: number[] = [];
  for (let day = FIRST; day <= LAST; day++) if ((day + 4) % 7 !== 0) open.push(day);
  const perDay = Math.ceil(RECEIPTS / open.length / PLACES.length);
  let receipt = 0;
  let slip = 40_000;
  let settlement = 900_000;
  for (const day of open)
    for (const place of PLACES) {
      const drawer: Entry[] = [];
      const byBrand = new Map<string, Entry[]>();
      const batch = `${place}-${day}`;
      for (let i = 0; i < perDay; i++) {
        const minor = pick(PRICES) + (random() < 0.3 ? below(5000) : 0);
        const id = `t${++receipt}`;
        const business_date = String(day);
        if (random() < 0.45) drawer.push(entry(id, minor, day, { place, batch: key(batch), business_date }));
        else {
          const brand = random() < 0.15 ? 'amex' : 'visa';
          const card = entry(id, minor, day, { place, batch: key(`${batch}-${brand}`), business_date, brand });
          byBrand.set(brand, [...(byBrand.get(brand) ?? []), card]);
        }
      }
      slips.left.push(...drawer);
      const total = drawer.reduce((n, e) => n + e.minor, 0);
      if (drawer.length) {
        const prepared = random() < 0.9 ? day : after(day, 1);
        const number = String(++slip);
        const wrong = random() < 0.01 ? pick([-100, 200, -2000, 900]) : 0;
        const made = entry(`s${number}`, total + wrong, prepared, { place, batch: key(batch), business_date: String(day) });
        slips.right.push(made);
        if (!wrong) for (const tender of drawer) slips.truth.add(`${tender.id} ${made.id}`);
        bank.left.push(entry(made.id, made.minor, prepared, { slip: key(number), account: 'general', memo: `DEPOSIT ${place}` }));
        if (random() > 0.005) {
          const credited = after(prepared, below(3));
          const line = entry(`b${number}`, made.minor, credited, {
            slip: random() < 0.7 ? key(`000${number}`) : null,
            account: 'general',
            memo: `BRANCH DEPOSIT ${random() < 0.3 ? place : ''}`,
          });
          bank.right.push(line);
          bank.truth.add(`${made.id} ${line.id}`);
        }
      }
      for (const [brand, list] of byBrand) {
        cards.left.push(...list);
        const gross = list.reduce((n, e) => n + e.minor, 0);
        const number = String(++settlement);
        const settled = entry(`p${number}`, gross, day, { place, batch: key(`${batch}-${brand}`), business_date: String(day), brand });
        cards.right.push(settled);
        for (const tender of list) cards.truth.add(`${tender.id} ${settled.id}`);
        const net = gross - Math.round(gross * 0.0265) - 10 * list.length;
        payouts.left.push(
          entry(settled.id, net, day, { account: 'general', brand, reference: key(number), memo: `MERCHANT ${place} ${number}` }),
        );
        const credited = after(day, brand === 'amex' ? 2 + below(2) : 1 + below(2));
        const line = entry(`c${number}`, net, credited, {
          account: 'general',
          brand,
          reference: random() < 0.6 ? key(`REF${number}`) : null,
          memo: random() < 0.5 ? `BANKCARD ${number}` : 'BANKCARD DEP',
        });
        payouts.right.push(line);
        payouts.truth.add(`${settled.id} ${line.id}`);
      }
    }
  // Strangers at the bank: interest, other money of like size.
  for (let i = 0; i < bank.left.length / 20; i++)
    bank.right.push(entry(`x${i}`, pick(bank.left).minor, FIRST + below(365), { slip: null, account: 'general', memo: 'MISC CREDIT' }));
  return [slips, bank, cards, payouts];
}

const legs = town();
const started = performance.now();
for (const { rules, left, right, truth } of legs) {
  const from = performance.now();
  const { matches, exceptions } = reconcileSides(rules, { left, right }, [], days, LAST + 10);
  const seconds = (performance.now() - from) / 1000;
  let [right_, wrong] = [0, 0];
  for (const match of matches) {
    if (match.state !== 'confirmed') continue;
    for (const l of match.left)
      for (const r of match.right)
        if (truth.has(`${l.id} ${r.id}`)) right_++;
        else wrong++;
  }
  const types = new Map<string, number>();
  for (const { type } of exceptions) types.set(type, (types.get(type) ?? 0) + 1);
  const proposed = matches.filter((m) => m.state === 'proposed').length;
  console.log(
    `${rules.reconciliation}: ${left.length} to ${right.length}; ${((right_ / truth.size) * 100).toFixed(2)} % of ${truth.size} true links confirmed, ${wrong} wrong, ${proposed} proposed, ${JSON.stringify(Object.fromEntries(types))}, ${seconds.toFixed(1)} s`,
  );
}
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s, ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
