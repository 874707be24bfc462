import { z } from 'zod';
import { columnName } from './common.ts';

/** Pipelines that carry corrections of golden records back to a system that knows the same people. */
export const carrySchema = z.strictObject({
  create: z
    .boolean()
    .default(false)
    .describe(
      'true: a new golden record that the system has no record of is created there. Its number there, which comes back in the answer, becomes a link of the golden record.',
    ),
  owned: z
    .array(columnName)
    .default([])
    .describe('Fields of the entity that this system owns: they are never sent to it. The same can be said in the model, with owners.'),
  conflicts: z
    .enum(['owner', 'newest', 'review'])
    .default('review')
    .describe(
      'When the system changed a field itself since the last exchange. owner: the owner of the field wins; without one a person decides. newest: the later change wins, by latest_by of the model; where that is not known a person decides. review: a person decides.',
    ),
  emptied: z
    .array(columnName)
    .min(1)
    .optional()
    .describe(
      'Fields of the entity that are emptied in this system when they were emptied in the system that owns them, or by a person with identity set. Fields that are not listed keep what this system has.',
    ),
  differences: z
    .enum(['keep', 'send'])
    .default('keep')
    .describe(
      'What differed already when the pipeline looked the first time. keep: it is left as it is, and only what is corrected from then on is carried. send: it is sent as well.',
    ),
});
export type CarryConfig = z.output<typeof carrySchema>;

/** Field of an entity: the connections whose word counts for it. */
export const ownersSchema = z
  .record(columnName, z.array(z.string()))
  .describe(
    'Which systems own a field: their value survives, only their value is carried to other systems, and it is never sent to them. An empty list: the field is sent to no system. Fields that are not listed may be corrected in every system.',
  );
