/** What a name of a field says about it. Only a hint: what is made of it says so, for a person to look at. */

/** Words that a name of an identifier ends with. */
const IDENTIFIERS = new Set(
  'id ids no nr num nbr number numbers key code codes account acct acc ref reference uuid guid serial sequence seq zip postal phone fax license licence permit'.split(
    ' ',
  ),
);
/** Written as one word, without a capital: BILLNO, permitid, accountnumber. */
const RUN_ON = /(?:id|no|num|nbr|number|key|code|account|acct)$/;
const NO_IDENTIFIER = /(?:paid|void|valid|invalid|grid|bid|fluid|solid|casino|piano|memo|mono)$/;

const MONEY = new Set(
  'amount amt total totals subtotal sum fee fees balance bal paid unpaid price cost costs tax taxes charge charges debit debits credit credits revenue principal interest penalty deposit discount tendered gross net due owed payment refund fine fines'.split(
    ' ',
  ),
);
const MONEY_RUN_ON = /(?:amount|amt|total|fee|fees|balance|price|cost|paid)$/;
const TIMES = new Set('date day on at time by until from to year month period status flag type count method'.split(' '));

/** The words of a name, in lower case: `amountPaid`, `AMOUNT_PAID` and `Amount Paid` are `amount`, `paid`. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}

/** Are its digits a name, not a figure: `Permit No`, `BILLNO`, `accountCode`, `Zip`; not `AmountPaid`, though it ends with id. */
export function namesIdentifier(name: string): boolean {
  const last = wordsOf(name).at(-1);
  if (last === undefined) return name.trim().endsWith('#');
  return IDENTIFIERS.has(last) || (RUN_ON.test(last) && !NO_IDENTIFIER.test(last)) || /#\s*$/.test(name);
}

/** Is it an amount of money: `AmountPaid`, `TOTAL_FEE`; not `PaymentNo`, `PaidOn`, `TaxYear`. */
export function namesMoney(name: string): boolean {
  const words = wordsOf(name);
  if (namesIdentifier(name) || words.some((word) => TIMES.has(word))) return false;
  return words.some((word) => MONEY.has(word)) || MONEY_RUN_ON.test(words.at(-1) ?? '');
}
