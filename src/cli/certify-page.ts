import type { Certificate, Finding } from '../connector/certify.ts';
import { groupOf, MARKS, summary } from './certify-report.ts';

/** The certificates as one web page that needs nothing else: to send along with a pack, to print. */
export function certificatePage(certificates: readonly Certificate[]): string {
  const title = certificates.length === 1 ? `Certificate: ${certificates[0]!.title}` : 'Certificates';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; background: #fff; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 2rem; }
caption { text-align: left; font-weight: 600; padding: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem; border-bottom: 1px solid #dfe1e2; overflow-wrap: anywhere; }
.ok { color: #216e1f; } .warning { color: #7a5900; } .failed { color: #b50909; font-weight: 600; }
.hash { font-family: ui-monospace, monospace; font-size: 0.85rem; overflow-wrap: anywhere; }
</style>
</head>
<body>
${certificates.map(section).join('\n')}
</body>
</html>
`;
}

function section(certificate: Certificate): string {
  const groups = [...Map.groupBy(certificate.findings, groupOf)];
  return `<section>
<h1>${html(certificate.title)}</h1>
<p>${html(certificate.connector)} ${html(certificate.version)}, ${certificate.half}${certificate.connection ? ` against ${html(certificate.connection)}` : ''}, <time datetime="${html(certificate.certified_at)}">${html(certificate.certified_at.slice(0, 16).replace('T', ' '))} UTC</time></p>
<p class="${certificate.passed ? 'ok' : 'failed'}">${html(summary(certificate).replace(/ SHA-256 .*/, ''))}</p>
<p class="hash">SHA-256 ${html(certificate.hash)}</p>
${groups.map(([name, findings]) => table(name, findings)).join('\n')}
</section>`;
}

const WORDS: Record<Finding['state'], string> = { ok: 'holds', warning: 'remark', failed: 'failed' };

function table(caption: string, findings: readonly Finding[]): string {
  const rows = findings.map(
    (f) =>
      `<tr><td class="${f.state}">${MARKS[f.state]} ${WORDS[f.state]}</td><th scope="row">${html(f.title)}</th><td>${html(f.detail).replaceAll('\n', '<br>')}${f.hint && f.state !== 'ok' ? `<br><strong>${html(f.hint)}</strong>` : ''}</td></tr>`,
  );
  return `<table>
<caption>${html(caption)}</caption>
<thead><tr><th scope="col">Result</th><th scope="col">Check</th><th scope="col">What was found</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`;
}

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
