import { afterEach, expect, test } from 'vitest';
import { receipts } from '../engine/base-town.ts';
import { townCommand } from '../cli/command-line.ts';
import { closeTowns, makeTown } from '../engine/town.ts';

afterEach(closeTowns);

test('doctor has the server read every row, and looks at the disk that the data folder is on', async () => {
  const town = await makeTown({ 'inbox/receipts-1.csv': receipts([{ number: 'A1' }]) });
  await town.run('receipts');
  const { out, err } = await townCommand(town.folder, ['doctor', '--json']);
  expect(err).toBe('');
  const { checks } = (JSON.parse(out) as { doctor: { checks: { name: string; state: string; detail: string }[] } }).doctor;
  const of = (name: string) => checks.find((check) => check.name === name);
  expect(of('store')).toEqual({
    name: 'store',
    state: 'ok',
    detail: 'Every row of it can be read, and the server found no damaged page in the database.',
  });
  expect(of('audit log')).toMatchObject({ state: 'ok' });
  expect(of('disk')!.detail).toContain(town.folder);
});
