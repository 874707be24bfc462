import { connectorOf } from '../../config/project.ts';
import { actorOf } from '../../config/actor.ts';
import { checkTables } from '../../connector/sink/check-tables.ts';
import { optionVariables } from '../../connector/template.ts';
import { InterlocalError } from '../../core/errors.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { anyFile } from '../../store/ledger/files.ts';
import { findSource } from '../../store/ledger/sources.ts';
import type { CheckResult } from '../../transports/transport.ts';
import { checkSourceFolders } from '../inbound/source-target.ts';
import { checkSinkTarget, sinksOf } from '../outbound/sink-target.ts';
import { openConnection } from './connection.ts';
import type { Engine } from './engine.ts';

/**
 * Reaches one connection and tries what its pipelines need of it, without writing. A host key that changed goes to the audit log. What is
 * wrong with its configuration is a check that failed, not thrown.
 */
export async function checkConnection(engine: Engine, name: string, signal: AbortSignal): Promise<CheckResult[]> {
  const checks = await checksOf(engine, name, signal).catch((error: unknown): CheckResult[] => {
    if (!(error instanceof InterlocalError)) throw error;
    return error.problems.map((p) => ({ name: 'configuration', ok: false, code: p.code, detail: p.message, hint: p.hint }));
  });
  for (const { code, detail } of checks)
    if (code === 'HOST_KEY_CHANGED')
      await appendAudit(engine.knex, { actor: actorOf(), action: 'host_key_refused', subject: name, detail: { message: detail } });
  return checks;
}

async function checksOf({ project, knex }: Engine, name: string, signal: AbortSignal): Promise<CheckResult[]> {
  const everFound = async (pipeline: string): Promise<boolean> => {
    const source = await findSource(knex, pipeline);
    return source !== undefined && anyFile(knex, source.id);
  };
  const { transport, options } = await openConnection(project, name, signal);
  try {
    const checks = await transport.check();
    // Where the login fails already, everything else would only say so again.
    if (checks.some((c) => !c.ok)) return checks;
    if (transport.kind === 'query') {
      const connector = connectorOf(project, name)!;
      return [...checks, ...(await checkTables(connector, transport, optionVariables(options)))];
    }
    if (transport.kind === 'files') checks.push(...(await checkSourceFolders(project, name, transport, options, everFound)));
    // What the town's pipelines write to, as far as that can be seen without writing.
    for (const sink of sinksOf(project, name)) checks.push(...(await checkSinkTarget(sink, transport, options)));
    return checks;
  } finally {
    await transport.close();
  }
}
