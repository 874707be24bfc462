import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('./style.css', import.meta.url), 'utf8');
const [light, dark, print] = [...css.matchAll(/:root \{([^}]*)\}/g)].map((block) =>
  Object.fromEntries([...block[1]!.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1]!, m[2]!])),
);

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high! + 0.05) / (low! + 0.05);
}

/** Every text color with every background that it is on. */
const TEXT: [string, string[]][] = [
  ['ink', ['paper', 'surface', 'good-wash', 'note-wash', 'bad-wash', 'idle-wash']],
  ['quiet', ['paper', 'surface', 'idle-wash']],
  ['accent', ['paper', 'surface', 'idle-wash']],
  ['good', ['paper', 'surface', 'idle-wash']],
  ['note', ['paper', 'surface', 'idle-wash']],
  ['bad', ['paper', 'surface', 'idle-wash']],
  ['idle', ['paper', 'surface', 'idle-wash']],
  ['top-ink', ['top']],
];

describe.each([
  ['light', light!],
  ['dark', dark!],
  ['print', { ...light!, ...print! }],
])('in %s', (_, colors) => {
  test.each(TEXT.flatMap(([ink, grounds]) => grounds.map((ground) => [ink, ground])))('%s can be read on %s', (ink, ground) => {
    expect(contrast(colors[ink!]!, colors[ground!]!)).toBeGreaterThanOrEqual(4.5);
  });
  test.each([1, 2, 3, 4, 5, 6, 7])('part %s of the chart stands out from the page', (n) => {
    expect(contrast(colors[`part-${n}`]!, colors.paper!)).toBeGreaterThanOrEqual(3);
  });
});

test('every color is named once: no rule has one of its own, but for print', () => {
  const rules = css.slice(0, css.indexOf('@media print')).replace(/:root \{[^}]*\}/g, '');
  expect(rules.match(/#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(/gi)).toBeNull();
});

test('what has the focus is outlined, and nothing takes that away', () => {
  expect(css).toMatch(/:focus-visible,\s*input:focus-within \{\s*outline: 3px solid/);
  expect([...css.matchAll(/([^{}]+)\{[^}]*outline: none/g)].map((m) => m[1]!.trim())).toEqual(['main:focus']);
});

test('nothing is fetched from elsewhere', () => {
  expect(css).not.toMatch(/@import|url\(|@font-face/);
});
