// The syntax tree of the T-SQL subset.
import type { SqlType } from '../wire/column-types.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';

export type Expression =
  | { kind: 'literal'; type: SqlType; value: SqliteValue }
  | { kind: 'column'; parts: string[] }
  | { kind: 'variable'; name: string }
  | { kind: 'global'; name: string }
  | { kind: 'negate' | 'plus' | 'complement'; operand: Expression }
  | { kind: 'arithmetic'; operator: '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^'; left: Expression; right: Expression }
  | { kind: 'case'; operand: Expression | undefined; branches: { when: Expression; then: Expression }[]; otherwise: Expression | undefined }
  | { kind: 'cast'; operand: Expression; type: SqlType; style: Expression | undefined; lenient: boolean }
  | { kind: 'call'; name: string; args: Expression[]; star: boolean; distinct: boolean; over: Window | undefined }
  | { kind: 'scalar query'; query: Query }
  | Predicate;

export type Predicate =
  | { kind: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'not'; operand: Expression }
  | { kind: 'compare'; operator: Comparison; left: Expression; right: Expression }
  | { kind: 'between'; negated: boolean; operand: Expression; low: Expression; high: Expression }
  | { kind: 'in list'; negated: boolean; operand: Expression; list: Expression[] }
  | { kind: 'in query'; negated: boolean; operand: Expression; query: Query }
  | { kind: 'like'; negated: boolean; operand: Expression; pattern: Expression; escape: Expression | undefined }
  | { kind: 'is null'; negated: boolean; operand: Expression }
  | { kind: 'exists'; query: Query };

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

export interface Window {
  partitionBy: Expression[];
  orderBy: OrderItem[];
}

export interface OrderItem {
  expression: Expression;
  descending: boolean;
}

export interface Query {
  with: CommonTable[];
  body: QueryBody;
  orderBy: OrderItem[];
  offset: Expression | undefined;
  fetch: Expression | undefined;
}

export interface CommonTable {
  name: string;
  columns: string[] | undefined;
  query: Query;
}

export type QueryBody =
  | Select
  | { kind: 'set'; operator: 'UNION' | 'UNION ALL' | 'EXCEPT' | 'INTERSECT'; left: QueryBody; right: QueryBody }
  | { kind: 'nested'; query: Query };

export interface Select {
  kind: 'select';
  distinct: boolean;
  top: Expression | undefined;
  items: SelectItem[];
  from: TableSource | undefined;
  where: Expression | undefined;
  groupBy: Expression[];
  having: Expression | undefined;
}

export type SelectItem =
  | { kind: 'expression'; expression: Expression; alias: string | undefined }
  | { kind: 'assign'; variable: string; expression: Expression }
  | { kind: 'star'; qualifier: string[] };

export type TableSource =
  | NamedTable
  | { kind: 'derived'; query: Query; alias: string; columns: string[] | undefined }
  | { kind: 'rows'; rows: Expression[][]; alias: string; columns: string[] }
  | { kind: 'changes'; table: string[]; since: Expression; alias: string; columns: string[] | undefined }
  | { kind: 'version'; table: string[]; key: string[]; values: Expression[]; alias: string }
  | {
      kind: 'join';
      type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS';
      left: TableSource;
      right: TableSource;
      on: Expression | undefined;
    };

export interface NamedTable {
  kind: 'table';
  name: string[];
  alias: string | undefined;
  hints: string[];
}

export interface Assignment {
  column: string[];
  /** For `SET x += 1`: the operator before the equals sign. */
  operator: '+' | '-' | '*' | '/' | '%' | undefined;
  value: Expression | 'default';
}

export type WriteStatement =
  | {
      kind: 'insert';
      target: NamedTable;
      columns: string[] | undefined;
      rows: (Expression | 'default')[][] | undefined;
      query: Query | undefined;
      output: SelectItem[];
      context: Expression | undefined;
    }
  | {
      kind: 'update';
      target: NamedTable;
      top: Expression | undefined;
      set: Assignment[];
      from: TableSource | undefined;
      where: Expression | undefined;
      output: SelectItem[];
      context: Expression | undefined;
    }
  | {
      kind: 'delete';
      target: NamedTable;
      top: Expression | undefined;
      from: TableSource | undefined;
      where: Expression | undefined;
      output: SelectItem[];
      context: Expression | undefined;
    };

export type Statement = { text: string; line: number } & (
  | { kind: 'select'; query: Query }
  | WriteStatement
  | { kind: 'declare'; variables: { name: string; type: SqlType; value: Expression | undefined }[] }
  | { kind: 'assign'; variable: string; value: Expression }
  | { kind: 'set option'; option: string; value: string }
  | { kind: 'begin transaction' | 'commit' | 'rollback' | 'save'; name: string | undefined }
  | { kind: 'print'; value: Expression }
  | { kind: 'throw'; number: Expression | undefined; message: Expression; state: Expression }
  | { kind: 'if'; condition: Expression; then: Statement; otherwise: Statement | undefined }
  | { kind: 'block'; statements: Statement[] }
  | { kind: 'use'; database: string }
  | { kind: 'wait'; delay: Expression }
  | { kind: 'return' }
);
