import type { Subject } from './subject.ts';
import { answersSubject } from './subjects/answers.ts';
import { discoverSubject, wsdlSubject } from './subjects/discover.ts';
import { engineSubject } from './subjects/engine.ts';
import { BAI2_TOKENS, CSV_TOKENS, FIXED_TOKENS, formatSubjects, JSON_TOKENS, XML_TOKENS } from './subjects/formats.ts';
import { packedSubjects } from './subjects/packed.ts';
import { roundTripSubjects } from './subjects/round-trip.ts';
import { textSubject } from './subjects/text.ts';
import { configurationSubjects } from './subjects/town.ts';
import { worstSubject } from './subjects/worst.ts';
import { xlsxSubject } from './subjects/xlsx.ts';

/** Everything that reads what comes from outside. */
export async function subjects(): Promise<Subject[]> {
  const all = [...new Set([...CSV_TOKENS, ...FIXED_TOKENS, ...XML_TOKENS, ...JSON_TOKENS, ...BAI2_TOKENS])];
  return [
    ...(await formatSubjects()),
    await xlsxSubject(2, XML_TOKENS),
    ...(await packedSubjects(1)),
    textSubject(2),
    worstSubject(0.3),
    await answersSubject('http-answer', 1, 'http', JSON_TOKENS),
    await answersSubject('soap-answer', 1, 'soap', XML_TOKENS),
    await wsdlSubject(1, [...XML_TOKENS, 'type="tns:x"', 'ref="tns:x"', 'base="tns:x"', 'maxOccurs="unbounded"']),
    await discoverSubject(2, all),
    ...(await configurationSubjects({ manifest: 1, mapping: 1, town: 0.5 })),
    ...roundTripSubjects(1),
    await engineSubject(0.15, all),
  ];
}
