import type { CsvOptions } from '../../config/schema/connector.ts';

/** The delimiter itself: in configuration a tab may be written as \t. */
export function delimiterOf({ delimiter }: Pick<CsvOptions, 'delimiter'>): string {
  return delimiter === '\\t' ? '\t' : delimiter;
}
