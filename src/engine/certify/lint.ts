import type { Finding } from '../../connector/certify.ts';
import { textOfPlace, type Problem } from '../../core/errors.ts';
import type { Pack } from './pack.ts';

/** What is true of a pack before anything is run: its manifest, its README, that every stream has a recording. */
export function lint(pack: Pack): Finding[] {
  const findings: Finding[] = [];
  const { connector, problems, fixtures, readme } = pack;
  findings.push(
    problems.length || !connector
      ? finding('manifest', 'The manifest is valid', false, problems.slice(0, 8).map(textOf).join('\n'), 'Correct connector.yaml; docs/connector-reference.md lists every key.')
      : finding('manifest', 'The manifest is valid', true, `${connector.title} ${connector.version}, ${Object.keys(connector.streams).length === 1 ? '1 stream' : `${Object.keys(connector.streams).length} streams`}.`),
  );
  findings.push(
    readme !== undefined && readme.trim().length >= 80
      ? finding('readme', 'A README says what a town must supply', true, `README.md, ${readme.trim().split('\n').length} lines.`)
      : finding('readme', 'A README says what a town must supply', false, readme === undefined ? 'There is no README.md.' : 'README.md says next to nothing.', 'Write which system and version it is for, what the town must supply, and where the layout is documented.'),
  );
  if (connector)
    findings.push(
      fixtures.problems.length
        ? finding('fixtures', 'Every stream has a recording', false, fixtures.problems.slice(0, 8).map(textOf).join('\n'), 'docs/vendor-guide.md shows what a recording is.')
        : finding('fixtures', 'Every stream has a recording', true, `${fixtures.streams.size} of ${Object.keys(connector.streams).length}.`),
    );
  return findings;
}

function finding(check: string, title: string, ok: boolean, detail: string, hint?: string): Finding {
  return { check, title, state: ok ? 'ok' : 'failed', detail, ...(hint === undefined ? {} : { hint }) };
}

function textOf(problem: Problem): string {
  const place = textOfPlace(problem.place);
  return `${place ? `${place}: ` : ''}${problem.message}${problem.hint ? ` ${problem.hint}` : ''} [${problem.code}]`;
}
