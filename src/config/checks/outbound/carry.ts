import type { Problem } from '../../../core/errors.ts';
import { type Draft, type Part, problemAt } from '../../draft.ts';
import { type EntityConfig, matchingOf } from '../../schema/model.ts';
import type { DeliveryConfig, PipelineConfig } from '../../schema/pipeline.ts';
import type { SinkConfig } from '../../schema/sink.ts';
import { noField } from '../entity-fields.ts';
import { suggestion, unknownReference } from '../references.ts';
import type { KnownTransports } from '../transport-rules.ts';

/** A pipeline that carries corrections back: whose records they are, by what the system knows them, and what it is sent of them. */
export function checkCarry(
  draft: Draft,
  part: Part<PipelineConfig>,
  deliver: DeliveryConfig,
  entity: EntityConfig,
  transports: KnownTransports,
): Problem[] {
  const { carry, connection } = deliver;
  if (!carry) return [];
  const problems: Problem[] = [];
  const at = ['deliver', 'carry'];
  const add = (path: (string | number)[], code: string, message: string, hint: string): void =>
    void problems.push(problemAt(part, [...at, ...path], code, message, hint));
  const keys = matchingOf(entity)?.keys;
  if (!keys) {
    add(
      [],
      'VALUE_INVALID',
      `corrections can be sent to other systems only where records are compared, and ${entity.entity} does not say by which fields.`,
      'Give it the long form of identity with keys (docs/identity.md), or take carry out.',
    );
    return problems;
  }
  carry.owned.forEach((name, i) => {
    if (!Object.hasOwn(entity.fields, name)) problems.push(noField(part, entity, name, [...at, 'owned', i]));
  });
  const mapping = draft.sinkMappings.get(deliver.mapping)?.value;
  carry.emptied?.forEach((name, i) => {
    if (!Object.hasOwn(entity.fields, name)) problems.push(noField(part, entity, name, [...at, 'emptied', i]));
    else if (mapping && !JSON.stringify([mapping.fields, mapping.lists]).includes(`"${name}"`))
      add(['emptied', i], 'VALUE_INVALID', `${deliver.mapping} does not send ${name}.`, 'Map it, or take it out of emptied.');
  });
  if (mapping && !JSON.stringify([mapping.fields, mapping.lists]).includes(`"${keys.key}"`))
    add(
      [],
      'KEY_MISSING',
      `${deliver.mapping} does not read ${keys.key}, so the system could not tell whose record is corrected.`,
      `Map ${keys.key}, its own number of the record, to the field that the system finds it by.`,
    );
  const reads = [...draft.pipelines.values()].some(
    (other) =>
      other?.value.source?.connection === connection &&
      (other.value.mappings ?? []).some((name) => draft.mappings.get(name)?.value.entity === entity.entity),
  );
  if (!reads)
    add(
      [],
      'REFERENCE_UNKNOWN',
      `no pipeline reads ${entity.entity} from ${connection}, so it is not known who is in that system.`,
      'Write an inbound pipeline of that connection first.',
    );
  if (carry.conflicts === 'newest' && entity.survivorship.latest_by === undefined)
    add(
      ['conflicts'],
      'KEY_MISSING',
      'conflicts: newest needs to know when a record was changed, and the model does not say so.',
      `Add survivorship: { latest_by: FIELD } to the entity ${entity.entity} in config/model, with the field that has the time of the last change; or use conflicts: owner or review.`,
    );
  const connector = mapping && draft.connectors.get(mapping.sink.connector)?.value;
  const sink = mapping && connector?.sinks[mapping.sink.sink];
  if (!sink) return problems;
  checkSinkOf(sink, `${mapping.sink.connector}.${mapping.sink.sink}`, carry.create, add);
  const unclear = carry.emptied && howEmptied(sink, transports[connector!.transport]?.requests?.bodies === 'message');
  if (unclear !== undefined)
    add(['emptied'], 'KEY_MISSING', `${mapping.sink.connector}.${mapping.sink.sink} does not say how a field is emptied.`, unclear);
  return problems;
}

function checkSinkOf(
  { target, corrections, creates }: SinkConfig,
  name: string,
  create: boolean,
  add: (path: (string | number)[], code: string, message: string, hint: string) => void,
): void {
  if (target.table && target.table.write !== 'update')
    add(
      [],
      'VALUE_INVALID',
      `${name} writes rows with ${target.table.write}; a correction changes a row that is there.`,
      'Write target.table.write: update in the sink. New rows are made by creates.',
    );
  if (!target.table && corrections === undefined)
    add(
      [],
      'KEY_MISSING',
      `${name} does not say whether a correction is sent as the changed fields only or as the whole record.`,
      'Write corrections: changed in the sink if the system leaves empty fields as they are, otherwise corrections: whole.',
    );
  if (!create) return;
  if (!creates)
    add(['create'], 'KEY_MISSING', `${name} does not say how a new record is made.`, 'Write creates in the sink, or create: false.');
  else if (target.table && !creates.find_by && creates.reference === undefined)
    add(
      ['create'],
      'KEY_MISSING',
      `creates of ${name} does not say how a new row is found again, so a run that is interrupted could make it twice.`,
      'Name a column with reference, or columns with find_by.',
    );
}

/** What must be written in the sink so that an emptied field is emptied in the system too; undefined where that is clear. */
function howEmptied({ target, corrections, encoder, emptied }: SinkConfig, isMessage: boolean): string | undefined {
  if (target.table || corrections === 'whole') return undefined;
  if (target.file)
    return emptied
      ? undefined
      : 'Its files hold only what was corrected ("corrections: changed"), and a field without a value in them stays as it is in the system. Ask the owner of the system which text clears a field, and add it to the sink in the connector, such as emptied: "*CLEAR*". Where the system takes whole records, write "corrections: whole" instead.';
  if (emptied === undefined) return 'Add "emptied" to the sink: "" for an empty element or text, or null for null in JSON.';
  if (emptied !== null) return undefined;
  if (isMessage) return 'A SOAP message leaves out what is null. Write "emptied: \'\'" in the sink.';
  return encoder && target.request?.body === undefined
    ? 'The encoder of this sink leaves out what is null. Write "emptied: \'\'" in the sink, or give the request a body.'
    : undefined;
}

/** Who owns which field. */
export function checkOwners(draft: Draft, part: Part<EntityConfig>): Problem[] {
  const { fields, owners = {}, survivorship, entity } = part.value;
  const problems: Problem[] = [];
  const connections = draft.connections && Object.keys(draft.connections.value);
  for (const [name, list] of Object.entries(owners)) {
    if (!Object.hasOwn(fields, name))
      problems.push(
        problemAt(
          part,
          ['owners', name],
          'REFERENCE_UNKNOWN',
          `the entity ${entity} has no field "${name}".`,
          suggestion(name, Object.keys(fields)),
        ),
      );
    if (list.length > 0 && survivorship.fields?.[name])
      problems.push(
        problemAt(
          part,
          ['owners', name],
          'VALUE_INVALID',
          'the value of its owner survives, and survivorship.fields says otherwise.',
          'Remove one of the two.',
        ),
      );
    if (!connections || part.shipped) continue;
    list.forEach((connection, i) => {
      if (!connections.includes(connection))
        problems.push(unknownReference('connection', connection, connections, part, ['owners', name, i]));
    });
  }
  return problems;
}
