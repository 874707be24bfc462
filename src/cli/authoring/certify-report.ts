import type { Certificate, Finding, NotApplicable } from '../../authoring/certify/finding.ts';
import type { Signer } from '../../packs/signature.ts';

export const MARKS: Record<Finding['state'], string> = { ok: '✓', warning: '!', failed: '✗' };

/** The certificate for a terminal: one line for each check, and below what failed what to do about it. */
export function certificateText(certificate: Certificate): string {
  const { findings } = certificate;
  const width = Math.max(...findings.map((f) => f.title.length));
  const lines = [
    `${certificate.title} (${[certificate.connector, certificate.version].join(' ').trimEnd()}), ${certificate.half}${certificate.connection ? ` against ${certificate.connection}` : ''}`,
  ];
  const left = Map.groupBy(certificate.not_applicable, groupOf);
  const groups = Map.groupBy(findings, groupOf);
  for (const name of new Set([...groups.keys(), ...left.keys()])) {
    lines.push('', name);
    for (const f of eachProblemOnce(groups.get(name) ?? []))
      lines.push(
        `  ${MARKS[f.state]} ${f.title.padEnd(width)}  ${indented(f.detail, width + 6)}`,
        ...(f.hint && f.state !== 'ok' ? [`    ${' '.repeat(width)}  → ${f.hint}`] : []),
      );
    lines.push(...notApplicable(left.get(name) ?? [], width));
  }
  return [...lines, '', summary(certificate), ...(certificate.signer ? [`Signed by ${textOfSigner(certificate.signer)}.`] : [])].join('\n');
}

/** What was not proven: in one line, and with its reason what applies to others of the kind. */
function notApplicable(left: readonly NotApplicable[], width: number): string[] {
  const plain = left.filter(({ reason }) => reason === undefined).map(({ check }) => check.replaceAll('_', ' '));
  return [
    ...left.flatMap(({ title, reason }) => (reason === undefined ? [] : [`  – ${title.padEnd(width)}  Does not apply: ${reason}.`])),
    ...(plain.length ? [`  – does not apply: ${plain.join(', ')}`] : []),
  ];
}

/** `CODE: message.`, as what was refused is quoted in a finding. */
const QUOTED = /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): .+?(?:\.(?=[\s;]|$)|$)/;
/** Shorter ones are as easily read again. */
const LONG = 60;

/** One thing that is wrong makes many checks fail: its text is at the first of them, and what to do about it. */
function eachProblemOnce(findings: readonly Finding[]): Finding[] {
  const said = new Map<string, Set<string | undefined>>();
  return findings.map((finding) => {
    const [text, code] = finding.state === 'failed' ? (QUOTED.exec(finding.detail) ?? []) : [];
    if (text === undefined || text.length < LONG) return finding;
    const hints = said.get(text);
    if (!hints) {
      said.set(text, new Set([finding.hint]));
      return finding;
    }
    const { hint, ...others } = finding;
    const again = hints.has(hint);
    hints.add(hint);
    return {
      ...others,
      detail: finding.detail.replace(text, () => `${code}, as above.`),
      ...(again || hint === undefined ? {} : { hint }),
    };
  });
}

export function textOfSigner(signer: Signer | null): string {
  if (!signer) return 'nobody';
  return signer.name === null ? `a key that is not trusted here (${signer.key})` : `${signer.name} (${signer.key})`;
}

/** What a finding is about, as a heading. */
export function groupOf({ stream, sink }: Pick<Finding, 'stream' | 'sink'>): string {
  return sink !== undefined ? `Sink ${sink}` : stream !== undefined ? `Stream ${stream}` : 'The pack';
}

export function summary({ findings, passed, hash }: Certificate): string {
  const count = (state: Finding['state']): number => findings.filter((f) => f.state === state).length;
  const warnings = count('warning');
  const said = `${findings.length} checks: ${count('ok') + warnings} hold${warnings ? ` (${warnings} with a note)` : ''}, ${count('failed')} failed`;
  return passed ? `Certified. ${said}. SHA-256 ${hash}` : `Not certified. ${said}.`;
}

function indented(text: string, by: number): string {
  return text.split('\n').join(`\n${' '.repeat(by)}`);
}
