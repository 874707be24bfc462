import { expect, test } from 'vitest';
import type { Certificate, Finding } from '../../authoring/certify/finding.ts';
import { certificateText } from './certify-report.ts';

const UNKNOWN = 'RECORD_TYPE_UNKNOWN: The line has "T" at 1-1, which marks no known record type; the connector knows H and D.';

const finding = (check: string, state: Finding['state'], detail: string, hint?: string): Finding => ({
  ...{ check, title: `The check ${check}`, stream: 'pay', state, detail },
  ...(hint === undefined ? {} : { hint }),
});

function certificate(more: Partial<Certificate>): Certificate {
  return {
    ...{ connector: 'fw', version: '0.1.0', title: 'Fw', hash: 'ab', signer: null, half: 'offline', certified_at: '2026-03-02T00:00:00Z' },
    ...{ passed: false, findings: [], not_applicable: [], ...more },
  };
}

test('what does not apply is below the stream in one line, and with its reason what found nothing to be tried on', () => {
  const text = certificateText(
    certificate({
      findings: [finding('recording', 'ok', '3 records.')],
      not_applicable: [
        { check: 'one_or_many', title: 'A single element reads the same as several', stream: 'pay' },
        { check: 'resume', title: 'A run killed goes on', stream: 'pay', reason: 'the recording gives no record' },
        { check: 'deletes', title: 'Deletions', stream: 'pay' },
      ],
    }),
  );
  expect(text).toContain('\n  – does not apply: one or many, deletes\n');
  expect(text).toMatch(/– A run killed goes on +Does not apply: the recording gives no record\./);
});

test('one problem that makes many checks fail is told once, the others refer to it', () => {
  const text = certificateText(
    certificate({
      findings: [
        finding('recording', 'failed', `pay.txt is refused: ${UNKNOWN}; 0 records read`, 'Fix the connector.'),
        finding('read_twice', 'failed', `The run failed: ${UNKNOWN}`, 'Fix the connector.'),
        finding('growing', 'failed', `The whole file was not read: ${UNKNOWN}`, 'Report this.'),
        finding('empty', 'failed', 'It was read.', 'Fix the connector.'),
      ],
    }),
  );
  expect(text.split('which marks no known record type')).toHaveLength(2);
  expect(text).toContain('The run failed: RECORD_TYPE_UNKNOWN, as above.\n');
  expect(text).toMatch(/The whole file was not read: RECORD_TYPE_UNKNOWN, as above\.\n.*→ Report this\./);
  expect(text.split('→ Fix the connector.')).toHaveLength(3);
});
