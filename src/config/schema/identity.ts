import { z } from 'zod';
import { columnName } from './common.ts';

/** How the values of a feature are compared. */
const COMPARISONS = ['person_name', 'address', 'organization_name', 'date', 'text', 'exact', 'code', 'phone', 'email'] as const;

const bits = z.number().min(-40).max(40);
const share = z.number().gt(0).lte(1);

/** What a feature of several fields is read from; each comparison knows which it takes. */
const parts = z.strictObject({
  first: columnName.optional(),
  middle: columnName.optional(),
  last: columnName.optional(),
  suffix: columnName.optional(),
  full: columnName.optional().describe('The whole name as one text. Looked at only where there is neither first nor last name.'),
  line1: columnName.optional(),
  line2: columnName.optional(),
  city: columnName.optional(),
  state: columnName.optional(),
  postal_code: columnName.optional(),
  typed: columnName
    .optional()
    .describe('The date as it was typed, looked at where the date itself is missing: 02/30/1981 can still be compared.'),
});

const missing = z
  .union([z.enum(['neutral', 'different']), bits])
  .describe(
    'What a missing value in either record counts. neutral (the default): nothing. different: as much as two different values. A number: that many bits.',
  );

const featureSchema = z.strictObject({
  compare: z
    .enum(COMPARISONS)
    .describe(
      'person_name: given, middle and surname, suffix, with nicknames and swapped names. address: number, street, unit, city, state, postal_code. organization_name: without its legal form. date: with typing errors and exchanged day and month. text: equal or similar words. exact: equal or not. code: a number or code, with one typing error. phone, email: as people type them.',
    ),
  field: columnName.optional().describe('The field that is compared. Without it, the field of the same name.'),
  fields: parts.optional().describe('person_name and address: the fields that the parts are in. date: typed.'),
  missing: missing.optional(),
  weights: z
    .record(z.string(), bits)
    .optional()
    .describe(
      'Bits by level, in place of the shipped or trained ones: { equal: 6, different: -3 }. Of person_name and address: { given.equal: 8 }.',
    ),
  household: z.boolean().optional().describe('It is evidence for a household rather than for a person: it counts under household.cap.'),
  frequencies: z.boolean().optional().describe('Equal rare values count more than equal common ones, by the trained frequencies.'),
});
export type FeatureConfig = z.output<typeof featureSchema>;

/** Why a pair is not linked by its score. A pair goes from thread to thread with the place of its veto in this list. */
export const VETOES = ['twins', 'father_and_son', 'siblings', 'suffix', 'suffix_missing', 'person_evidence', 'name_only', 'alone'] as const;
export type VetoName = (typeof VETOES)[number];

const populationSchema = z.strictObject({
  when: z
    .record(columnName, z.array(z.string().nullable()).min(1))
    .optional()
    .describe(
      'Whom this is about: values of fields, null for no value. The first population that fits takes the record; without when it takes the rest.',
    ),
  looks_like: z
    .strictObject({
      organization: columnName.describe('The field that holds the name.'),
      where: z
        .record(columnName, z.array(z.string().nullable()).min(1))
        .describe('Only of records whose system does not say what they are: { kind: [unknown, null] }.'),
    })
    .optional()
    .describe('Takes a record also where when does not fit, if the name is an organization by its words (Inc, Church, Department).'),
  features: z.record(columnName, featureSchema),
  blocks: z
    .array(z.array(z.string()).min(1))
    .optional()
    .describe(
      'Which records are compared: those equal in all parts of one of these. A part: birth, birth.year, birth.year_month, birth.month_day, surname.start4, given.initial, name.sorted4. Without it, a list made from the features.',
    ),
  block_cap: z
    .int()
    .min(2)
    .max(1000)
    .default(50)
    .describe('A value that more records share (such as the phone of the town hall) says nothing and is ignored.'),
  rules: z
    .array(z.strictObject({ name: z.string(), equal: z.array(z.string()).min(1) }))
    .default([])
    .describe('Records equal in all these features (none missing) are the same, whatever the score; vetoes still apply.'),
  vetoes: z
    .array(z.enum(VETOES))
    .default([...VETOES])
    .describe('What sends a pair to review whatever its score. suffix never links; alone asks only of a record that nothing else fits.'),
  household: z
    .strictObject({
      cap: bits.default(14).describe('What address, phone and e-mail can say for a pair all together, in bits.'),
      floor: bits.default(-8).describe('What they can say against it: someone who moved has another address and phone.'),
    })
    .prefault({}),
  prior: bits
    .optional()
    .describe(
      'How likely two records are one before they are compared, in bits: log2 of the odds. Trained parameters say it for this town.',
    ),
  link: bits.default(3).describe('From this score on a pair is linked: 3 means 8 to 1.'),
  review: bits.default(-3).describe('Pairs with this score or more need review.'),
  join: bits
    .optional()
    .describe(
      'Records that are linked to some records of a cluster join it when the mean score of all pairs reaches this. Left out: link. With a value, a pair counts no less than review, so that one odd spelling does not keep two clusters apart. For registers without families: 0.',
    ),
});
export type PopulationConfig = z.output<typeof populationSchema>;

/** The long form of `identity`. */
export const identitySchema = z.strictObject({
  keys: z
    .strictObject({ source: columnName, key: columnName })
    .optional()
    .describe(
      'The fields that hold the connection and the number in that system. They are kept in the cross-reference and are not columns of the golden record. Without it, the key of the source record.',
    ),
  one_per_source: z
    .union([z.boolean(), z.array(z.string())])
    .default(false)
    .describe('Connections in which nobody is entered twice (true: all): two of their records are never linked by themselves.'),
  populations: z.record(columnName, populationSchema).describe('person, organization: records of two populations are never compared.'),
});
export type IdentityConfig = z.output<typeof identitySchema>;

/** config/identity/<entity>.yaml: what `interlocal identity train` estimated, for a person to read and to put under version control. */
export const identityParametersSchema = z.strictObject({
  parameters: columnName.describe('The entity.'),
  version: z.int().min(1),
  populations: z.record(
    columnName,
    z.strictObject({
      records: z.int().min(0).describe('How many records it was estimated from.'),
      matches: z.number().min(0).describe('How many pairs of them are one, estimated.'),
      prior: bits,
      features: z.record(
        columnName,
        z.strictObject({
          levels: z.array(z.string()),
          m: z.array(share).describe('By level: how often two records of one person show it.'),
          u: z.array(share).describe('By level: how often two records of different persons show it.'),
        }),
      ),
      given_names: z
        .array(z.string())
        .default([])
        .describe('Given names that are had with at least five surnames: two of them are two persons, not a typing error.'),
      frequencies: z
        .record(columnName, z.record(z.string(), share))
        .default({})
        .describe('Share of the records that have a value; rest: of a value that is not listed.'),
    }),
  ),
});
export type IdentityParameters = z.output<typeof identityParametersSchema>;
