// Errors as SQL Server numbers and words them (sys.messages), so a client's error handling is tried for real.

export interface SqlErrorFields {
  number: number;
  message: string;
  state?: number;
  /** Severity: 11-16 the user's error, 13 deadlock, 14 permission, 17+ resources, 20+ ends the connection. */
  class?: number;
}

export class SqlServerError extends Error {
  readonly number: number;
  readonly state: number;
  readonly class: number;
  /** Only this statement ends; the batch goes on (constraint violations do that unless XACT_ABORT is on). */
  readonly statementOnly: boolean;

  constructor(fields: SqlErrorFields, statementOnly = false) {
    super(fields.message);
    this.number = fields.number;
    this.state = fields.state ?? 1;
    this.class = fields.class ?? 16;
    this.statementOnly = statementOnly;
  }
}

/** The stand-in's own refusal: a statement it does not answer must fail loudly, never answer wrongly. */
export function unsupported(what: string): SqlServerError {
  return new SqlServerError({ number: 40000, message: `the sample-town TDS endpoint does not answer this statement: ${what}` });
}

export function syntaxError(near: string): SqlServerError {
  return new SqlServerError({ number: 102, class: 15, message: `Incorrect syntax near '${near}'.` });
}

export function invalidObject(name: string): SqlServerError {
  return new SqlServerError({ number: 208, message: `Invalid object name '${name}'.` });
}

export function invalidColumn(name: string): SqlServerError {
  return new SqlServerError({ number: 207, message: `Invalid column name '${name}'.` });
}

export function ambiguousColumn(name: string): SqlServerError {
  return new SqlServerError({ number: 209, message: `Ambiguous column name '${name}'.` });
}

export function unboundIdentifier(name: string): SqlServerError {
  return new SqlServerError({ number: 4104, message: `The multi-part identifier "${name}" could not be bound.` });
}

export function undeclaredVariable(name: string): SqlServerError {
  return new SqlServerError({ number: 137, class: 15, state: 2, message: `Must declare the scalar variable "${name}".` });
}

export function notGrouped(name: string, where: 'select list' | 'ORDER BY clause' | 'HAVING clause'): SqlServerError {
  const numbers = { 'select list': 8120, 'ORDER BY clause': 8127, 'HAVING clause': 8121 };
  return new SqlServerError({
    number: numbers[where],
    message: `Column '${name}' is invalid in the ${where} because it is not contained in either an aggregate function or the GROUP BY clause.`,
  });
}

export function permissionDenied(permission: string, object: string, database: string, schema: string): SqlServerError {
  return new SqlServerError({
    number: 229,
    class: 14,
    state: 5,
    message: `The ${permission} permission was denied on the object '${object}', database '${database}', schema '${schema}'.`,
  });
}

export function nullRefused(column: string, table: string, statement: 'INSERT' | 'UPDATE'): SqlServerError {
  return new SqlServerError(
    {
      number: 515,
      state: 2,
      message: `Cannot insert the value NULL into column '${column}', table '${table}'; column does not allow nulls. ${statement} fails.`,
    },
    true,
  );
}

export function tooLong(table: string, column: string, value: string): SqlServerError {
  return new SqlServerError(
    {
      number: 2628,
      message: `String or binary data would be truncated in table '${table}', column '${column}'. Truncated value: '${value}'.`,
    },
    true,
  );
}

export function overflow(type: string): SqlServerError {
  return new SqlServerError(
    { number: 8115, state: 2, message: `Arithmetic overflow error converting expression to data type ${type}.` },
    true,
  );
}

export function divideByZero(): SqlServerError {
  return new SqlServerError({ number: 8134, message: 'Divide by zero error encountered.' }, true);
}

export function badDate(): SqlServerError {
  return new SqlServerError({ number: 241, message: 'Conversion failed when converting date and/or time from character string.' });
}

export function badConversion(from: string, value: string, to: string): SqlServerError {
  return new SqlServerError({ number: 245, message: `Conversion failed when converting the ${from} value '${value}' to data type ${to}.` });
}

/** An error thrown through `onStatement` may be a plain object: `{ number, message, state, class }`. */
export function asSqlServerError(thrown: unknown): SqlServerError {
  if (thrown instanceof SqlServerError) return thrown;
  if (typeof thrown === 'object' && thrown !== null && 'number' in thrown && typeof thrown.number === 'number') {
    const fields = thrown as Partial<SqlErrorFields> & { number: number };
    return new SqlServerError({ ...fields, message: String(fields.message ?? `error ${fields.number}`) });
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new SqlServerError({ number: 40001, message: `the sample-town TDS endpoint failed: ${text}` });
}
