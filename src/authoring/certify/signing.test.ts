import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { CANARY } from './secrets.ts';
import { canarySigning } from './signing.ts';

test('the certificate is signed with its own key, which the canary opens and nothing else', () => {
  const { certificate, key } = canarySigning();
  const read = new X509Certificate(certificate);
  const opened = createPrivateKey({ key, passphrase: CANARY });
  expect(read.checkPrivateKey(opened)).toBe(true);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.validToDate.getTime()).toBeGreaterThan(Date.now());
  expect(() => createPrivateKey({ key, passphrase: 'another' })).toThrow();
});
