import { expect, test } from 'vitest';
import { makeTown } from '../../town.ts';

const { files, truth } = makeTown(1, 120);
const bank = files.filter((file) => file.path.startsWith('sftp/bank/outgoing/'));
const unbalanced = truth.seeded.find((error) => error.kind === 'bank-file-unbalanced');

test("every file's counts and control totals verify, except that one misses by 12.00", () => {
  const missed = Object.fromEntries(bank.map((file) => [file.path, verify(file.bytes.toString())]).filter(([, by]) => by !== 0));
  expect(missed).toEqual({ [unbalanced?.file ?? '']: 1200 });
});

test("each deposit is the day's receipts of its department, except the short one", () => {
  const taken = new Map<string, number>();
  for (const receipt of truth.receipts.filter((each) => !each.voided)) {
    const key = `${receipt.department === 'recreation' ? 'REC' : 'CLK'}${receipt.date.replaceAll('-', '')}`;
    taken.set(key, (taken.get(key) ?? 0) + receipt.cents);
  }
  const differences: [string, number][] = [];
  for (const file of bank.filter((each) => each.path !== unbalanced?.file)) {
    for (const line of file.bytes
      .toString()
      .split('\n')
      .filter((each) => each.startsWith('16,'))) {
      const [, code, amount, , , reference = '', description] = line.split(',');
      expect(code).toBe('301');
      expect(description).toMatch(/^MAPLEWOOD (RECREATION|CLERK) DEPOSIT 2026-\d\d-\d\d/);
      if (Number(amount) !== taken.get(reference)) differences.push([reference, Number(amount) - (taken.get(reference) ?? 0)]);
    }
  }
  expect(differences).toEqual([['REC20260428', -500]]);
});

test('there are continuations, and one text with commas', () => {
  const all = bank.map((file) => file.bytes.toString()).join('');
  expect(all.match(/^88,BRANCH/gm)?.length).toBeGreaterThan(10);
  expect(all.match(/^16,.*, CASH, CHECKS, AND CARDS\/$/gm)).toHaveLength(1);
});

/** Checks all counts and gives by how much the amounts miss the totals (all levels must agree on it). */
function verify(file: string): number {
  const records = file
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\/$/, '').split(','));
  let account = 0;
  let [accountRecords, groupRecords, groups] = [0, 0, 0];
  let [groupTotal, fileTotal, missed] = [0, 0, 0];
  records.forEach((fields, i) => {
    const [type = ''] = fields;
    if (type === '02') [groupRecords, groupTotal] = [0, 0];
    if (type === '03') [account, accountRecords] = [Number(fields[4]) + Number(fields[8]), 0];
    if (type === '88' && fields[1] === '100') account += Number(fields[2]);
    if (type === '16') account += Number(fields[2]);
    groupRecords++;
    accountRecords++;
    if (type === '49') {
      expect(accountRecords).toBe(Number(fields[2]));
      missed += Number(fields[1]) - account;
      groupTotal += Number(fields[1]);
    }
    if (type === '98') {
      expect([groupTotal, 1, groupRecords]).toEqual(fields.slice(1).map(Number));
      fileTotal += groupTotal;
      groups++;
    }
    if (type === '99') expect([fileTotal, groups, i + 1]).toEqual(fields.slice(1).map(Number));
  });
  return missed;
}
