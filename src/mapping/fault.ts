/**
 * Why a field got no value. Returned, not thrown: a million records pass here, and a rejected one must not cost a stack.
 * The steps of a rule give text, number, null (no value) or one of these.
 */
export class Fault {
  readonly code: FaultCode;
  /** Follows the field and its value: `is not an amount`. Says nothing of the value itself: it is shown for personal fields too. */
  readonly what: string;
  /** More of it, that may repeat parts of the value; left out for personal fields. */
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** The value that the step was given; undefined where there was none. */
  shown: string | undefined;
  /** The source field, where it is another than the one the rule reads. */
  field: string | undefined;

  constructor(code: FaultCode, what: string, more: { detail?: string; hint?: string; shown?: string; field?: string } = {}) {
    this.code = code;
    this.what = what;
    this.detail = more.detail;
    this.hint = more.hint;
    this.shown = more.shown;
    this.field = more.field;
  }
}

export type FaultCode =
  | 'FIELD_REQUIRED'
  | 'FIELD_ABSENT'
  | 'FIELD_NOT_TEXT'
  | 'DATE_INVALID'
  | 'AMOUNT_INVALID'
  | 'CURRENCY_UNKNOWN'
  | 'CURRENCY_CONTRADICTED'
  | 'NUMBER_INVALID'
  | 'BOOLEAN_INVALID'
  | 'CODE_UNKNOWN'
  | 'PATTERN_NO_MATCH'
  | 'PATTERN_TOO_LONG'
  | 'CHARACTER_NOT_WRITABLE';

const MAX_SHOWN_LENGTH = 60;

/** `real_amount_paid "4x0" is not an amount.`; `personal` hides the value. */
export function messageOf(fault: Fault, field: string, personal: boolean): string {
  const value = fault.shown === undefined ? '' : personal ? ' (personal value hidden)' : ` "${shorten(fault.shown)}"`;
  const detail = fault.detail !== undefined && !personal ? `: ${fault.detail}` : '';
  return `${fault.field ?? field}${value} ${fault.what}${detail}.`;
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN_LENGTH ? text : `${text.slice(0, MAX_SHOWN_LENGTH)}…`;
}
