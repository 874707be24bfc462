import { counted } from '../../core/text/counted.ts';
import { type Finding } from './finding.ts';
import { textOfPlace, type Problem } from '../../core/errors.ts';
import type { Pack } from './pack.ts';

/** Characters of a README that can say something; docs/vendor-guide.md names the number. */
export const MIN_README = 80;

/** What is true of a pack before anything is run: its manifest, its README, that every stream has a recording. */
export function lint(pack: Pack): Finding[] {
  const findings: Finding[] = [];
  const { connector, problems, fixtures, readme } = pack;
  findings.push(
    problems.length || !connector
      ? finding(
          'manifest',
          'The manifest is valid',
          false,
          problems.slice(0, 8).map(textOf).join('\n'),
          problems.some((problem) => !/(^|\/)mappings\//.test(problem.place.file ?? ''))
            ? 'Correct connector.yaml; docs/connector-reference.md lists every key.'
            : 'Fix the mappings in the pack; docs/mappings.md shows the steps.',
        )
      : finding('manifest', 'The manifest is valid', true, `${connector.title} ${connector.version}, ${contentsOf(connector)}.`),
  );
  findings.push(
    readme !== undefined && /‹[^‹›]*›/.test(readme)
      ? {
          check: 'readme',
          title: 'The README says what a town must supply',
          state: 'warning',
          detail: `README.md still has ${readme.match(/‹[^‹›]*›/g)!.length} places to fill in (‹ ›).`,
          hint: 'Fill them in before you hand the pack over.',
        }
      : readme !== undefined && readme.trim().length >= MIN_README
        ? finding('readme', 'The README says what a town must supply', true, `README.md, ${readme.trim().split('\n').length} lines.`)
        : finding(
            'readme',
            'The README says what a town must supply',
            false,
            readme === undefined
              ? 'There is no README.md.'
              : `README.md is too short: it has ${readme.trim().length} characters, and at least ${MIN_README} are needed.`,
            'Write which system and version it is for, what the town must supply, and where the layout is documented.',
          ),
  );
  const contents = [...pack.contents, ...problems.filter((problem) => problem.code === 'SECRET_LITERAL')];
  findings.push(
    contents.length
      ? finding(
          'pack_files',
          'It contains nothing that must not be handed over',
          false,
          contents.slice(0, 8).map(textOf).join('\n'),
          'Remove it from the pack, because interlocal add would refuse the pack.',
        )
      : finding(
          'pack_files',
          'It contains nothing that must not be handed over',
          true,
          'Plain files with plain names, no keys or passwords.',
        ),
  );
  const secret = connector && Object.keys(fixtures.options).filter((name) => connector.options[name]?.type === 'secret');
  if (secret?.length)
    findings.push(
      finding(
        'recorded_secrets',
        'No recording holds a secret',
        false,
        `fixtures/options.json gives ${secret.join(', ')}, which ${secret.length === 1 ? 'is an option' : 'are options'} of type secret.`,
        'Leave it out: certify fills in test values for secrets.',
      ),
    );
  findings.push(...mappingTests(pack), ...signature(pack));
  if (connector && Object.keys(connector.streams).length + Object.keys(connector.sinks).length === 0)
    findings.push(
      finding(
        'contents',
        'There is something to certify',
        false,
        'The connector has no stream and no sink.',
        'Add one to connector.yaml; interlocal discover --file FILE proposes streams from a sample file.',
      ),
    );
  if (connector)
    findings.push(
      fixtures.problems.length
        ? finding(
            'fixtures',
            'Every stream and sink has a recording',
            false,
            fixtures.problems.slice(0, 8).map(textOf).join('\n'),
            'docs/vendor-guide.md shows what a recording is.',
          )
        : finding(
            'fixtures',
            'Every stream and sink has a recording',
            true,
            `${contentsOf({ streams: Object.fromEntries(fixtures.streams), sinks: Object.fromEntries(pack.sinks) })}.`,
          ),
    );
  return findings;
}

/** A vendor who goes on working signs again at the end: a remark until then. Towns are refused such a pack. */
function signature({ signer, signature: [wrong] }: Pack): Finding[] {
  const check = { check: 'signature', title: 'The signature matches the files' };
  if (wrong)
    return [{ ...check, state: 'warning', detail: textOf(wrong), hint: 'Sign it when it is done: interlocal sign CONNECTOR --key FILE.' }];
  if (!signer) return [];
  const by =
    signer.name === null ? `the key ${signer.key}, which is not trusted here, so it is not proven` : `${signer.name} (${signer.key})`;
  return [
    {
      ...check,
      state: signer.name === null ? 'warning' : 'ok',
      detail: `Signed with ${by}.`,
      hint: 'Put the public key into config/trusted-keys.',
    },
  ];
}

function mappingTests({ mappings }: Pack): Finding[] {
  return mappings.map(({ mapping, tests }): Finding => {
    const check = { check: 'mapping_tests', title: `The tests in ${mapping} pass` };
    const failed = tests.find((t) => !t.passed);
    if (failed)
      return {
        ...check,
        state: 'failed',
        detail: `${failed.name}: ${failed.differences.map((d) => `${d.at} is ${d.got}; expected ${d.expected}`).join('; ')}.`,
        hint: 'Correct the mapping or its test; to run only the tests, use interlocal test.',
      };
    if (tests.length === 0)
      return {
        ...check,
        state: 'warning',
        detail: 'It has no tests.',
        hint: 'Add tests to the mapping: a record, and what the mapping must make of it (gives) or why it is rejected (rejects).',
      };
    return { ...check, state: 'ok', detail: `${counted(tests.length, 'test')}.` };
  });
}

/** `2 streams and 1 sink`. */
function contentsOf({ streams, sinks }: { streams: object; sinks: object }): string {
  const parts = (
    [
      ['stream', streams],
      ['sink', sinks],
    ] as const
  ).flatMap(([word, map]) => (Object.keys(map).length ? [counted(Object.keys(map).length, word)] : []));
  return parts.join(' and ') || 'nothing';
}

function finding(check: string, title: string, ok: boolean, detail: string, hint?: string): Finding {
  return { check, title, state: ok ? 'ok' : 'failed', detail, ...(hint === undefined ? {} : { hint }) };
}

function textOf(problem: Problem): string {
  const place = textOfPlace(problem.place);
  return `${place ? `${place}: ` : ''}${problem.message}${problem.hint ? ` ${problem.hint}` : ''} [${problem.code}]`;
}
