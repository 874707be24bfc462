import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../core/errors.ts';
import { redact, resolveSecrets } from './secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
const place = (env: NodeJS.ProcessEnv = {}) => ({ connection: 'clerk', folder, env });

describe('filling secrets in', () => {
  it('takes them from the environment and from files, at any depth, and leaves everything else', () => {
    writeFileSync(join(folder, 'key'), 'line one\nline two\n');
    expect(
      resolveSecrets(
        { host: 'x', port: 22, password: '${env:PW}', proxy: { key: '${file:key}' }, all: ['${env:PW}'] },
        place({ PW: 'p ass' }),
      ),
    ).toEqual({
      host: 'x',
      port: 22,
      password: 'p ass',
      proxy: { key: 'line one\nline two' },
      all: ['p ass'],
    });
  });

  it('strips one line break at the end of a file, Windows ones too, and nothing more', () => {
    writeFileSync(join(folder, 'crlf'), ' spaced \r\n');
    writeFileSync(join(folder, 'two'), 'x\n\n');
    expect(resolveSecrets({ a: '${file:crlf}', b: '${file:two}' }, place())).toEqual({ a: ' spaced ', b: 'x\n' });
  });

  it('names every secret that is missing, with the option that needs it', () => {
    try {
      resolveSecrets({ a: '${env:NO_A}', b: '${file:no/b}', c: '${env:EMPTY}' }, place({ EMPTY: '' }));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).problems.map((p) => `${p.code} ${p.message}`)).toEqual([
        'SECRET_MISSING the option a of the connection clerk needs the environment variable NO_A, which is not set.',
        'SECRET_MISSING the option b of the connection clerk needs the file no/b, which does not exist.',
        'SECRET_MISSING the option c of the connection clerk needs the environment variable EMPTY, which is set, but empty.',
      ]);
    }
  });
});

describe('taking secrets out of texts', () => {
  it('removes every secret that was filled in, in each form it may have on the way', () => {
    const secret = 'p&ss "w/rd"';
    resolveSecrets({ password: '${env:PW}' }, place({ PW: secret }));
    for (const form of [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret),
      'p&amp;ss &quot;w/rd&quot;',
      Buffer.from(secret).toString('base64'),
    ])
      expect(redact(`before ${form} after`)).toMatch(/^before "?\[secret\]"? after$/);
  });

  const canary = 'Kanari/en+vogel "7" é';
  const raw = Buffer.from(canary);
  const basic = (user: string): string => Buffer.from(`${user}:${canary}`).toString('base64');
  it.each([
    ['hex', raw.toString('hex')],
    ['hex in capitals', raw.toString('hex').toUpperCase()],
    ['hex in pairs', raw.toString('hex').match(/../g)!.join(':')],
    ['a dump in capitals', raw.toString('hex').toUpperCase().match(/../g)!.join(' ')],
    ['Base64', raw.toString('base64')],
    ['Base64 without padding', raw.toString('base64').replace(/=+$/, '')],
    ['Base64 for URLs', raw.toString('base64url')],
    ['Base64 in a URL', encodeURIComponent(raw.toString('base64'))],
    ['the Base64 of UTF-16', Buffer.from(canary, 'utf16le').toString('base64')],
    ['a Basic header, user of 1', basic('u')],
    ['a Basic header, user of 2', basic('us')],
    ['a Basic header, user of 3', basic('usr')],
    ['a Basic header with more behind', Buffer.from(`usr:${canary}, and more`).toString('base64')],
    ['each character percent-encoded', [...raw].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('')],
    ['encoded for a URL twice', encodeURIComponent(encodeURIComponent(canary))],
    ['a URL in small letters', encodeURIComponent(canary).replace(/%../g, (e) => e.toLowerCase())],
    ['JSON in JSON', JSON.stringify(JSON.stringify(canary)).slice(3, -3)],
    ['JSON in ASCII', JSON.stringify(canary).slice(1, -1).replace('é', '\\u00e9')],
    ['JSON of PHP', JSON.stringify(canary).slice(1, -1).replaceAll('/', '\\/').replace('é', '\\u00e9')],
    ['HTML', canary.replaceAll('"', '&#34;')],
  ])('removes a secret that comes back as %s', (_, form) => {
    resolveSecrets({ password: '${env:CANARY}' }, place({ CANARY: canary }));
    const left = redact(`the server said: ${form}.`);
    expect(left).toContain('[secret]');
    // What is next to it in a longer Base64 text may stay; nothing of the secret does.
    const decoded = left
      .replaceAll('[secret]', ' ')
      .split(/[^A-Za-z0-9+/=_-]+/)
      .map((part) => Buffer.from(part, 'base64').toString());
    for (const piece of ['anari', 'vogel', '7']) {
      expect(left).not.toContain(piece);
      expect(left.toLowerCase()).not.toContain(Buffer.from(piece).toString('hex').slice(0, 10).padEnd(4, '#'));
      if (piece.length > 3) expect(decoded.join(' ')).not.toContain(piece);
    }
  });

  it('removes the longer of two secrets of which one contains the other', () => {
    resolveSecrets({ a: '${env:A}', b: '${env:B}' }, place({ A: 'winter', B: 'winter-2024' }));
    expect(redact('login with winter-2024 failed')).toBe('login with [secret] failed');
  });

  it('removes single lines of a private key', () => {
    writeFileSync(join(folder, 'pem'), '-----BEGIN KEY-----\nAAAAB3NzaC1yc2EAAAADAQAB\nBBBBB3NzaC1yc2EAAAADAQAB\n-----END KEY-----\n');
    resolveSecrets({ key: '${file:pem}' }, place());
    expect(redact('bad line AAAAB3NzaC1yc2EAAAADAQAB')).toBe('bad line [secret]');
  });

  it('leaves figures alone that merely contain a very short secret', () => {
    resolveSecrets({ pin: '${env:PIN}' }, place({ PIN: '42' }));
    expect(redact('pin 42, amount 1,420.42x')).toBe('pin [secret], amount 1,420.42x');
  });
});
