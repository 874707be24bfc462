import { businessDays } from '../../src/reconciliation/calendar.ts';
import type { Entry, Pass, SettlementPass } from '../../src/reconciliation/entry.ts';
import { type ExceptionRules, NO_RULES } from '../../src/reconciliation/exceptions/rules.ts';
import { reconcileSides, type Rules } from '../../src/reconciliation/match/reconcile.ts';
import { below, businessDaysAfter, entry, FIRST, key, LAST, pick, PRICES, random, RECEIPTS } from './invented-year.ts';

/**
 * Plants every kind of exception into an invented year whose truth is known, and prints precision and recall by type, and wrong links
 * among those confirmed without a person. `--receipts N` (250,000), `--blank PERCENT` of the batch numbers, `--seed N`.
 */
const days = businessDays([0, 6], []);
const PLACES = ['pool', 'recreation', 'clerk', 'permits', 'tax', 'library'];
const after = businessDaysAfter(days);

interface Leg {
  rules: Rules;
  left: Entry[];
  right: Entry[];
  truth: Set<string>;
  /** Type and the records that must be in it. */
  planted: Set<string>;
}
const plant = (leg: Leg, type: string, ...ids: string[]): void => void leg.planted.add(`${type} ${[...ids].sort().join(' ')}`);

function drawers(): Leg {
  const rules: ExceptionRules = {
    ...NO_RULES,
    overShort: 2000,
    unequal: 'bank_amount_differs',
    duplicates: [{ side: 'left', type: 'duplicate_receipt', fields: ['place', 'payer'], at: 'at', minutes: 10 }],
    voids: [{ side: 'left', type: 'void_after_deposit', where: { status: ['voided'] }, on: 'voided' }],
    late: [{ type: 'late_deposit', businessDays: 2 }],
    parts: [{ type: 'composition_differs', left: 'tender', right: { cash: ['cash'], check: ['check'] } }],
    gaps: [{ side: 'left', type: 'receipt_gap', number: 'no', series: ['place'] }],
  };
  const on = (...fields: string[]): Pass => ({
    kind: 'key',
    name: fields.join(' and '),
    on: fields.map((field) => ({ left: field, right: field })),
    sides: 'many_to_one',
    confirm: 'automatic',
  });
  const leg: Leg = {
    rules: {
      reconciliation: 'tenders-to-slips',
      passes: [on('batch'), on('place', 'date')],
      open: {
        left: { type: 'not_deposited', within: 2, together: ['place', 'date'] },
        right: { type: 'deposit_without_receipt', within: 0 },
      },
      exceptions: rules,
    },
    left: [],
    right: [],
    truth: new Set(),
    planted: new Set(),
  };
  const perDay = Math.ceil(RECEIPTS / (LAST - FIRST) / PLACES.length);
  const numbers = new Map(PLACES.map((place) => [place, 0]));
  let id = 0;
  for (let day = FIRST; day <= LAST; day++)
    for (const place of PLACES) {
      const batch = `${place}-${day}`;
      const date = String(day);
      const bag: Entry[] = [];
      const next = (): string => {
        let number = numbers.get(place)! + 1;
        if (number > 1 && random() < 0.0003) {
          plant(leg, 'receipt_gap', `${place}${String(number).padStart(7, '0')}`);
          number++;
        }
        numbers.set(place, number);
        return `${place}${String(number).padStart(7, '0')}`;
      };
      const receipt = (minor: number, values: Entry['values'] = {}): Entry => {
        const tender = random() < 0.6 ? 'cash' : 'check';
        const no = next();
        const at = new Date(day * 86_400_000 + 9 * 3_600_000 + bag.length * 900_000).toISOString();
        return entry(`t${++id}`, minor, day, {
          place,
          date,
          no,
          batch: key(batch),
          payer: `p${id}`,
          at,
          tender,
          status: 'posted',
          voided: null,
          ...values,
        });
      };
      for (let i = 0; i < perDay; i++) bag.push(receipt(pick(PRICES) + (random() < 0.5 ? below(5000) : 0)));
      leg.left.push(...bag);
      const kind =
        random() < 0.12 ? pick(['copy', 'void_same', 'void_later', 'short', 'swap', 'gone', 'one', 'late', 'parts', 'slip']) : '';
      let prepared = day;
      const wrong = { cash: 0, check: 0 };
      const inBag = [...bag];
      if (kind === 'copy') {
        const first = pick(bag);
        const at = new Date(Date.parse(first.values.at!) + 120_000).toISOString();
        const { no: _, ...same } = first.values;
        const copy = receipt(first.minor, { ...same, at });
        leg.left.push(copy);
        plant(leg, 'duplicate_receipt', copy.id);
      } else if (kind.startsWith('void')) {
        const later = kind === 'void_later';
        const voided = receipt(2345, {
          status: 'voided',
          voided: new Date((later ? day + 9 : day) * 86_400_000).toISOString().slice(0, 10),
        });
        leg.left.push(voided);
        if (later) {
          inBag.push(voided);
          plant(leg, 'void_after_deposit', voided.id);
        }
      } else if (kind === 'short') wrong.cash = pick([-1, 1]) * (1 + below(2000));
      else if (kind === 'one') inBag.splice(below(inBag.length), 1);
      else if (kind === 'late') prepared = after(day, 3 + below(3));
      else if (kind === 'parts') Object.assign(wrong, { cash: -5000, check: 5000 });
      const sum = (tender: 'cash' | 'check'): number =>
        inBag.reduce((n, e) => n + (e.values.tender === tender ? e.minor : 0), 0) + wrong[tender];
      let total = sum('cash') + sum('check');
      const slip = `s${batch}`;
      if (kind === 'swap') {
        const digits = [...String(total)];
        const at = digits.findIndex((digit, i) => i + 1 < digits.length && digit !== digits[i + 1] && digits[i + 1] !== '0');
        [digits[at], digits[at + 1]] = [digits[at + 1]!, digits[at]!];
        total = Number(digits.join(''));
        plant(leg, 'transposed', ...bag.map((e) => e.id), slip);
      }
      if (kind === 'gone') {
        plant(leg, 'not_deposited', ...bag.map((e) => e.id));
        continue;
      }
      if (kind === 'one') plant(leg, 'not_deposited', bag.find((e) => !inBag.includes(e))!.id);
      if (kind === 'short') plant(leg, 'cash_over_short', ...bag.map((e) => e.id), slip);
      if (kind === 'late') plant(leg, 'late_deposit', ...inBag.map((e) => e.id), slip);
      if (kind === 'parts') plant(leg, 'composition_differs', ...inBag.map((e) => e.id), slip);
      if (kind === 'slip') {
        const extra = entry(`x${batch}`, 12_345, day, { place, date: `other ${date}`, batch: null, cash: '12345', check: '0' });
        leg.right.push(extra);
        plant(leg, 'deposit_without_receipt', extra.id);
      }
      const exact =
        kind !== 'swap' && kind !== 'parts'
          ? { cash: String(sum('cash')), check: String(sum('check')) }
          : kind === 'parts'
            ? { cash: String(sum('cash')), check: String(sum('check')) }
            : { cash: null, check: null };
      leg.right.push(entry(slip, total, prepared, { place, date, batch: key(batch), ...exact }));
      if (!['short', 'swap'].includes(kind)) for (const e of inBag) leg.truth.add(`${e.id} ${slip}`);
    }
  return leg;
}

function settlements(): Leg {
  const pass: SettlementPass = {
    kind: 'settlement',
    name: 'gross to net',
    of: 'right',
    on: [{ left: 'batch', right: 'batch' }],
    sides: 'many_to_one',
    parts: { gross: 'gross', refunds: 'refunds', fees: 'fee', net: 'net' },
    negative: [],
    contract: [{ where: {}, millionths: 26_500, perItem: 10, rounding: 'batch', items: 'items', deducted: 'daily' }],
    feeLimit: 0,
    confirm: 'automatic',
  };
  const leg: Leg = {
    rules: {
      reconciliation: 'cards-to-settlements',
      passes: [
        pass,
        {
          ...pass,
          name: 'place and day',
          on: [
            { left: 'place', right: 'place' },
            { left: 'date', right: 'date' },
          ],
          parts: { gross: 'gross', refunds: 'refunds' },
          contract: [],
        },
      ],
      open: {
        left: { type: 'not_settled', within: 2, together: ['place', 'date'] },
        right: { type: 'settled_without_receipt', within: 0 },
      },
      exceptions: NO_RULES,
    },
    left: [],
    right: [],
    truth: new Set(),
    planted: new Set(),
  };
  let id = 0;
  for (let day = FIRST; day <= LAST; day++)
    for (const place of PLACES) {
      const batch = `${place}-${day}`;
      const list = Array.from({ length: 20 }, () =>
        entry(`c${++id}`, pick(PRICES) + below(900), day, { place, date: String(day), batch: key(batch) }),
      );
      const refunds = random() < 0.1 ? [entry(`c${++id}`, -pick(PRICES), day - 5, { place, date: String(day), batch: key(batch) })] : [];
      leg.left.push(...list, ...refunds);
      const gross = list.reduce((n, e) => n + e.minor, 0);
      const refunded = -refunds.reduce((n, e) => n + e.minor, 0);
      let fee: number | null = Math.floor((gross * 26_500 + 500_000) / 1_000_000) + 10 * list.length;
      const slip = `p${batch}`;
      const kind = random() < 0.06 ? pick(['odd', 'blank', 'gone', 'net']) : '';
      if (kind === 'gone') {
        plant(leg, 'not_settled', ...[...list, ...refunds].map((e) => e.id));
        continue;
      }
      if (kind === 'odd') fee += 37;
      const net = gross - refunded - fee - (kind === 'net' ? 100 : 0);
      if (kind === 'blank') fee = null;
      if (kind) plant(leg, { odd: 'fee_odd', blank: 'fee_missing', net: 'settlement_does_not_add_up' }[kind]!, slip);
      leg.right.push(
        entry(slip, net, day + 1, {
          place,
          date: String(day),
          batch: key(batch),
          gross: String(gross),
          refunds: refunded ? String(refunded) : null,
          fee: fee === null ? null : String(fee),
          net: String(net),
          items: '20',
        }),
      );
      for (const e of [...list, ...refunds]) leg.truth.add(`${e.id} ${slip}`);
    }
  return leg;
}

const macro: number[] = [];
for (const { rules, left, right, truth, planted } of [drawers(), settlements()]) {
  const from = performance.now();
  const { matches, exceptions } = reconcileSides(rules, { left, right }, [], days, LAST + 30);
  const seconds = (performance.now() - from) / 1000;
  let [good, wrong] = [0, 0];
  for (const match of matches)
    if (match.state === 'confirmed')
      for (const l of match.left)
        for (const r of match.right)
          if (truth.has(`${l.id} ${r.id}`)) good++;
          else wrong++;
  console.log(
    `${rules.reconciliation}: ${left.length} to ${right.length}, ${((good / truth.size) * 100).toFixed(2)} % confirmed, ${wrong} wrong, ${seconds.toFixed(1)} s`,
  );
  const found = exceptions.map(
    (e) =>
      `${e.type} ${
        e.type === 'receipt_gap'
          ? e.facts.first
          : [...e.left, ...e.right]
              .map((r) => r.id)
              .sort()
              .join(' ')
      }`,
  );
  for (const type of new Set([...planted, ...found].map((text) => text.split(' ')[0]!))) {
    const of = (list: Iterable<string>): string[] => [...list].filter((text) => text.startsWith(`${type} `));
    const hits = of(found).filter((text) => planted.has(text)).length;
    const [precision, recall] = [hits / Math.max(1, of(found).length), hits / Math.max(1, of(planted).length)];
    macro.push(precision, recall);
    console.log(
      `  ${type}: ${of(planted).length} planted, ${of(found).length} found, precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`,
    );
  }
}
console.log(`macro ${(macro.reduce((a, b) => a + b, 0) / macro.length).toFixed(3)}; ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
