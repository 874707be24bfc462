// What a logged-in client asks: SQL batch, RPC and transaction manager requests (MS-TDS 2.2.6.6, 2.2.6.7, 2.2.6.9).
import { ByteReader, readParameterValue } from './parameter-values.ts';
import type { Parameter } from './parameter-values.ts';

export interface ProcedureCall {
  /** Lower case; the special procedures by their name, sp_executesql and so on. */
  procedure: string;
  parameters: Parameter[];
}

export type IsolationLevel = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable' | 'snapshot';

export type TransactionRequest =
  | { kind: 'begin'; isolation: IsolationLevel | undefined; name: string }
  | { kind: 'commit' | 'rollback' | 'save'; name: string; beginNext: boolean }
  | { kind: 'unsupported'; type: number };

export function readBatch(payload: Buffer): string {
  return payload.toString('ucs2', skipHeaders(payload));
}

const specialProcedures: Record<number, string> = {
  1: 'sp_cursor',
  2: 'sp_cursoropen',
  3: 'sp_cursorprepare',
  4: 'sp_cursorexecute',
  5: 'sp_cursorprepexec',
  6: 'sp_cursorunprepare',
  7: 'sp_cursorfetch',
  8: 'sp_cursoroption',
  9: 'sp_cursorclose',
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  13: 'sp_prepexec',
  14: 'sp_prepexecrpc',
  15: 'sp_unprepare',
};

export function readProcedureCall(payload: Buffer): ProcedureCall {
  const reader = new ByteReader(payload, skipHeaders(payload));
  const nameLength = reader.u16();
  const procedure = nameLength === 0xffff ? (specialProcedures[reader.u16()] ?? 'unknown') : reader.ucs2(nameLength).toLowerCase();
  reader.u16();
  const parameters: Parameter[] = [];
  while (!reader.atEnd()) {
    const name = reader.ucs2(reader.u8()).toLowerCase();
    const output = (reader.u8() & 0x01) !== 0;
    parameters.push({ name, output, ...readParameterValue(reader) });
  }
  return { procedure: procedure.replaceAll(/[[\]]/g, '').replace(/^(?:sys|dbo)\./, ''), parameters };
}

const isolationLevels: Record<number, IsolationLevel> = {
  1: 'read uncommitted',
  2: 'read committed',
  3: 'repeatable read',
  4: 'serializable',
  5: 'snapshot',
};

export function readTransactionRequest(payload: Buffer): TransactionRequest {
  const reader = new ByteReader(payload, skipHeaders(payload));
  const type = reader.u16();
  switch (type) {
    case 5: {
      const isolation = isolationLevels[reader.u8()];
      return { kind: 'begin', isolation, name: reader.ucs2(reader.u8() / 2) };
    }
    case 7:
    case 8: {
      const name = reader.ucs2(reader.u8() / 2);
      return { kind: type === 7 ? 'commit' : 'rollback', name, beginNext: !reader.atEnd() && (reader.u8() & 1) !== 0 };
    }
    case 9:
      return { kind: 'save', name: reader.ucs2(reader.u8() / 2), beginNext: false };
    default:
      return { kind: 'unsupported', type };
  }
}

/** ALL_HEADERS: its own length first. The transaction descriptor in it adds nothing on a connection without MARS. */
function skipHeaders(payload: Buffer): number {
  return payload.length >= 4 ? payload.readUInt32LE(0) : 0;
}
