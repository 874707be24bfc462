// The stored procedures that a driver calls: sp_executesql and the prepare family. There are no others here.
import type { ProcedureCall } from '../wire/client-requests.ts';
import { executeBatch } from './batch.ts';
import type { Run } from './batch.ts';
import type { Parameter } from '../wire/parameter-values.ts';
import { SqlServerError, unsupported } from './sql-errors.ts';
import type { TokenBuffer } from '../wire/tokens.ts';
import { writeHandle } from '../wire/tokens.ts';

/** Gives what is to be written before the response's last token: the handle of a prepared statement. */
export async function executeProcedure(run: Run, call: ProcedureCall): Promise<((out: TokenBuffer) => void) | undefined> {
  const { parameters } = call;
  const { session } = run;
  const output = parameters.find((parameter, index) => parameter.output && !(call.procedure.startsWith('sp_prep') && index === 0));
  if (output !== undefined) throw unsupported(`the output parameter ${output.name}`);
  switch (call.procedure) {
    case 'sp_executesql': {
      const [statement, , ...values] = parameters;
      bindParameters(run, textOf(parameters[1]), values);
      await executeBatch(run, textOf(statement));
      return undefined;
    }
    case 'sp_prepare': {
      const handle = session.nextHandle++;
      session.prepared.set(handle, { declared: textOf(parameters[1]), sql: textOf(parameters[2]) });
      return (out) => writeHandle(out, parameters[0]?.name ?? '', handle);
    }
    case 'sp_prepexec': {
      const handle = session.nextHandle++;
      const prepared = { declared: textOf(parameters[1]), sql: textOf(parameters[2]) };
      session.prepared.set(handle, prepared);
      bindParameters(run, prepared.declared, parameters.slice(3));
      await executeBatch(run, prepared.sql);
      return (out) => writeHandle(out, parameters[0]?.name ?? '', handle);
    }
    case 'sp_execute': {
      const prepared = session.prepared.get(Number(parameters[0]?.value));
      if (prepared === undefined)
        throw new SqlServerError({
          number: 8179,
          message: `Could not find prepared statement with handle ${String(parameters[0]?.value)}.`,
        });
      bindParameters(run, prepared.declared, parameters.slice(1));
      await executeBatch(run, prepared.sql);
      return undefined;
    }
    case 'sp_unprepare':
      session.prepared.delete(Number(parameters[0]?.value));
      return undefined;
    case 'sp_reset_connection':
      session.reset(false);
      return undefined;
    default:
      throw new SqlServerError({ number: 2812, state: 62, message: `Could not find stored procedure '${call.procedure}'.` });
  }
}

function textOf(parameter: Parameter | undefined): string {
  return typeof parameter?.value === 'string' ? parameter.value : '';
}

/** Positional values take their names from the declaration: '@p0 int, @p1 nvarchar(20)'. */
function bindParameters(run: Run, declared: string, values: readonly Parameter[]): void {
  const names = [...declared.matchAll(/(@[\p{L}\p{N}_@$#]+)\s+[\p{L}]/gu)].map((match) => (match[1] as string).toLowerCase());
  values.forEach((parameter, index) => {
    const name = parameter.name === '' ? names[index] : parameter.name;
    if (name === undefined)
      throw new SqlServerError({ number: 8144, state: 2, message: 'Procedure or function has too many arguments specified.' });
    run.variables.set(name, { type: parameter.type, value: parameter.value });
  });
  const missing = names.find((name) => !run.variables.has(name));
  if (missing !== undefined)
    throw new SqlServerError({
      number: 8178,
      message: `The parameterized query expects the parameter '${missing}', which was not supplied.`,
    });
}
