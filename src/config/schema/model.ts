import { z } from 'zod';
import { ownersSchema } from './carry.ts';
import { columnName } from './common.ts';
import { type IdentityConfig, identitySchema } from './identity.ts';

/** config/model/<entity>.yaml: one canonical entity. Each becomes a typed table that a report tool can read. */
const FIELD_TYPES = ['text', 'code', 'integer', 'decimal', 'money', 'date', 'datetime', 'boolean', 'reference'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

const modelFieldSchema = z.strictObject({
  type: z
    .enum(FIELD_TYPES)
    .default('reference')
    .describe(
      'code: two columns, the raw code in <field>_raw and the mapped one in <field>. money: integer minor units in <field>, ISO code in <field>_currency. decimal: exact text. reference: the id of a golden record of another entity; it needs entity and by, and may be left out next to them.',
    ),
  required: z.boolean().default(false),
  class: z.enum(['public', 'internal', 'personal']).describe('Who may see it. personal: a person can be recognized by it.'),
  values: z.array(z.string()).optional().describe('For code: the possible mapped values.'),
  entity: columnName
    .optional()
    .describe('For reference: whose golden record it is. No mapping gives it; it follows when records are merged or taken apart.'),
  by: z
    .tuple([columnName, columnName])
    .optional()
    .describe('For reference: the fields of this entity that hold the connection and the number there, as in [source, owner_key].'),
  references: columnName.optional().describe('The entity that this field names a record of.'),
  description: z.string().optional(),
});
export type ModelField = z.output<typeof modelFieldSchema>;

/** The column next to a field's own: the currency of money, what a source said for a code. undefined: it has none. */
export function columnBeside(name: string, type: FieldType): string | undefined {
  return type === 'money' ? `${name}_currency` : type === 'code' ? `${name}_raw` : undefined;
}

/** The names of the columns of a field, its own first. */
export function columnNamesOfField(name: string, type: FieldType): string[] {
  const beside = columnBeside(name, type);
  return beside === undefined ? [name] : [name, beside];
}

export const entitySchema = z.strictObject({
  entity: columnName,
  title: z.string(),
  description: z.string().optional(),
  fields: z.record(columnName, modelFieldSchema),
  identity: z
    .union([z.array(columnName).min(1), identitySchema])
    .optional()
    .describe(
      'Which records are one. A list of fields: those that are equal in all of them. The long form compares persons and organizations (docs/identity.md). Without it, each source record is a record of its own.',
    ),
  survivorship: z
    .strictObject({
      sources: z
        .array(z.string())
        .default([])
        .describe(
          'Connections in order of trust: the first that has a value gives it. Connections that are not named come after, by name.',
        ),
      latest_by: columnName
        .optional()
        .describe('Among records of one connection: the one with the greatest value in this field first. Without it, by source key.'),
      fields: z
        .record(
          columnName,
          z.strictObject({
            by: z
              .enum(['sources', 'most_recent', 'most_complete', 'majority'])
              .describe(
                'sources: connections in an order of this field. most_recent: the greatest value of latest_by, whatever the connection. most_complete: the longest value. majority: what most records say. Equal ones by the order of trust.',
              ),
            sources: z.array(z.string()).optional().describe('For by: sources.'),
          }),
        )
        .optional()
        .describe('Fields for which another order holds.'),
    })
    .prefault({}),
  owners: ownersSchema.optional(),
  indexes: z.array(z.array(columnName).min(1)).default([]),
  retention: z.string().optional().describe('How long it is kept, in the words of the by-law or retention schedule.'),
});
export type EntityConfig = z.output<typeof entitySchema>;

/** The fields of the short form of `identity`; undefined without it. */
export function equalFields(entity: EntityConfig): readonly string[] | undefined {
  return Array.isArray(entity.identity) ? entity.identity : undefined;
}

/** The long form of `identity`; undefined without it. */
export function matchingOf(entity: EntityConfig): IdentityConfig | undefined {
  return Array.isArray(entity.identity) ? undefined : entity.identity;
}
