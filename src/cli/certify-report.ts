import type { Certificate, Finding } from '../connector/certify.ts';
import type { Signer } from '../connector/pack-signature.ts';

export const MARKS: Record<Finding['state'], string> = { ok: '✓', warning: '!', failed: '✗' };

/** The certificate for a terminal: one line for each check, and below what failed what to do about it. */
export function certificateText(certificate: Certificate): string {
  const { findings } = certificate;
  const width = Math.max(...findings.map((f) => f.title.length));
  const lines = [
    `${certificate.title} (${certificate.connector} ${certificate.version}), ${certificate.half}${certificate.connection ? ` against ${certificate.connection}` : ''}`,
  ];
  for (const [name, group] of Map.groupBy(findings, groupOf)) {
    lines.push('', name);
    for (const f of group)
      lines.push(
        `  ${MARKS[f.state]} ${f.title.padEnd(width)}  ${indented(f.detail, width + 6)}`,
        ...(f.hint && f.state !== 'ok' ? [`    ${' '.repeat(width)}  → ${f.hint}`] : []),
      );
  }
  return [...lines, '', summary(certificate), ...(certificate.signer ? [`Signed by ${textOfSigner(certificate.signer)}.`] : [])].join('\n');
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
  const said = `${findings.length} checks: ${count('ok') + warnings} hold${warnings ? ` (${warnings} with a remark)` : ''}, ${count('failed')} failed`;
  return passed ? `Certified. ${said}. SHA-256 ${hash}` : `Not certified. ${said}.`;
}

function indented(text: string, by: number): string {
  return text.split('\n').join(`\n${' '.repeat(by)}`);
}
