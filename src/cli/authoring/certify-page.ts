import type { Certificate, Finding } from '../../authoring/certify/finding.ts';
import { groupOf, MARKS, summary, textOfSigner } from './certify-report.ts';

/** The certificates as one web page that needs nothing else: to send along with a pack, to print. */
export function certificatePage(certificates: readonly Certificate[]): string {
  const title = certificates.length === 1 ? `Certificate: ${certificates[0]!.title}` : `Certificates of ${certificates.length} connectors`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${html(title)}</h1>
${certificates.map((certificate) => section(certificate, certificates.length > 1)).join('\n')}
</main>
</body>
</html>
`;
}

/** Contrast of every color on its ground is 7 : 1 or more; words and signs say what colors say. */
const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1b1b1b; background: #fff; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 1rem 0; }
h2 { font-size: 1.35rem; margin: 2rem 0 0.5rem; }
h3 { font-size: 1.1rem; margin: 2rem 0 0.25rem; }
caption { text-align: left; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.2rem 1.25rem; margin: 1rem 0; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
.result { border-left: 0.4rem solid; padding: 0.5rem 1rem; font-weight: 600; background: #f5f6f7; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 34rem; margin: 0.25rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid #a9aeb1; overflow-wrap: anywhere; }
thead th { border-bottom: 2px solid #565c65; white-space: nowrap; }
tbody th { font-weight: 400; width: 34%; }
.state { width: 6.5rem; white-space: nowrap; font-weight: 600; }
.ok { color: #19541a; } .warning { color: #634700; } .failed { color: #8b0a03; }
.hash { font-family: ui-monospace, monospace; font-size: 0.9rem; }
@media (max-width: 40rem) { dl { display: block; } dd { margin-bottom: 0.5rem; } }
@media print {
  main { max-width: none; padding: 0; } body { font-size: 10pt; }
  tr, .result, dl { break-inside: avoid; } h2, h3 { break-after: avoid; } thead { display: table-header-group; }
  .scroll { overflow: visible; } table { min-width: 0; }
}
`;

function section(certificate: Certificate, several: boolean): string {
  const { half, connection, certified_at: at, passed, findings } = certificate;
  const groups = [...Map.groupBy(findings, groupOf)];
  const heading = several ? `<h2>${html(certificate.title)}, ${half}</h2>\n` : '';
  const level = several ? 'h3' : 'h2';
  const facts: [string, string][] = [
    ['Connector', html(certificate.connector)],
    ['Version', html(certificate.version || 'unknown')],
    ['Certified', `${half}${connection === undefined ? '' : ` against ${html(connection)}`}`],
    ['On', `<time datetime="${html(at)}">${html(at.slice(0, 16).replace('T', ' '))} UTC</time>`],
    ['SHA-256', `<span class="hash">${html(certificate.hash)}</span>`],
    ['Signed by', html(textOfSigner(certificate.signer))],
  ];
  return `<section>
${heading}<p class="result ${passed ? 'ok' : 'failed'}">${MARKS[passed ? 'ok' : 'failed']} ${html(summary(certificate).replace(/ SHA-256 .*/, ''))}</p>
<dl>
${facts.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('\n')}
</dl>
<p>${half === 'offline' ? 'Proven from the recordings in the pack alone, on the engine that towns use. The hash identifies the exact files.' : 'Compared with the system that the connection reaches. Nothing was written to it.'}</p>
${groups.map(([name, list]) => table(name, list, level)).join('\n')}
${notApplicable(certificate, level)}
</section>`;
}

const WORDS: Record<Finding['state'], string> = { ok: 'holds', warning: 'remark', failed: 'failed' };

function table(caption: string, findings: readonly Finding[], level: string): string {
  const rows = findings.map(
    (f) =>
      `<tr><td class="state ${f.state}">${MARKS[f.state]} ${WORDS[f.state]}</td><th scope="row">${html(f.title)}</th><td>${html(f.detail).replaceAll('\n', '<br>')}${f.hint && f.state !== 'ok' ? `<br><strong>What to do:</strong> ${html(f.hint)}` : ''}</td></tr>`,
  );
  return `<div class="scroll" role="region" aria-label="${html(caption)}" tabindex="0">
<table>
<caption><${level}>${html(caption)}</${level}></caption>
<thead><tr><th scope="col">Result</th><th scope="col">Check</th><th scope="col">What was found</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</div>`;
}

/** What was not proven, and must not be taken for it. */
function notApplicable({ not_applicable: left }: Certificate, level: string): string {
  if (left.length === 0) return '';
  const groups = [...Map.groupBy(left, groupOf)];
  return `<${level}>Checks that do not apply</${level}>
<dl>
${groups.map(([name, list]) => `<dt>${html(name)}</dt><dd>${html(list.map(({ title, reason }) => (reason === undefined ? title : `${title} (${reason})`)).join('; '))}.</dd>`).join('\n')}
</dl>`;
}

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
