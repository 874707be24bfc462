/** One record of a side, with what the passes look at. Entries are never changed. */
export interface Entry {
  /** Lasting name of the record: the same in every run. */
  id: string;
  /** Minor units, with their sign. */
  minor: number;
  currency: string;
  /** Days since 1970-01-01; null: the source gives none. */
  day: number | null;
  /** Values of the fields that the passes name, as text; null: empty. */
  values: Readonly<Record<string, string | null>>;
}

export type Side = 'left' | 'right';

/** Counts business days. `index` grows by one on each business day and stays the same on the others. */
export interface BusinessDays {
  index(day: number): number;
}

/** From how many business days before to how many after its left entry a right entry may be: { from: 0, to: 3 }. */
export interface Window {
  from: number;
  to: number;
}

/** A field of each side that must agree, and how its values are cleaned before they are compared. */
export interface FieldPair {
  left: string;
  right: string;
  clean?: readonly Cleaning[];
}

/** upper: in capitals. alnum: letters and digits only. digits: digits only. no_leading_zeros: 00071 is 71. */
export type Cleaning = 'upper' | 'alnum' | 'digits' | 'no_leading_zeros';

/** Agreement within an amount, in minor units, or within a share of the larger side in hundredths of a percent; the narrower holds. */
export interface Tolerance {
  minor?: number;
  basisPoints?: number;
}

/** automatic: a match of this pass is confirmed. suggest: a person confirms it. */
export type Confirm = 'automatic' | 'suggest';

/** Records whose key fields are equal, where their sums are equal too. */
export interface KeyPass {
  kind: 'key';
  name: string;
  on: readonly FieldPair[];
  /** How many records of each side one key may have. */
  sides: 'one_to_one' | 'many_to_one' | 'one_to_many' | 'many_to_many';
  /** Keys that come round again (slip numbers) are identified by their days. */
  within?: Window;
  tolerance?: Tolerance;
  confirm: Confirm;
}

/** One record of each side with the same amount, within some days. */
export interface AmountPass {
  kind: 'amount';
  name: string;
  /** Only records that agree in these fields; an empty field agrees with nothing. */
  block: readonly FieldPair[];
  within: Window;
  /** References and memos: agreement decides among equal amounts. */
  text: readonly FieldPair[];
  tolerance?: Tolerance;
  /** How often, in a thousand, an amount of this block may find such a partner by chance and still be confirmed. */
  chance: number;
  confirm: Confirm;
}

/** Several records of one side whose amounts add up to one record, or to what a key group lacks, of the other. */
export interface SubsetPass {
  kind: 'subset';
  name: string;
  block: readonly FieldPair[];
  within: Window;
  /** The side that has the one record. */
  one: Side;
  /** No block with more candidates than this is tried. */
  most: number;
  confirm: Confirm;
}

/** All that is open in a block, where both sides balance: proposed as a whole, never confirmed. */
export interface BalancePass {
  kind: 'balance';
  name: string;
  block: readonly FieldPair[];
  within: Window;
}

export type Pass = KeyPass | AmountPass | SubsetPass | BalancePass;

/** What a pass found. */
export interface FoundMatch {
  pass: string;
  state: 'confirmed' | 'proposed';
  left: readonly Entry[];
  right: readonly Entry[];
  /** Right less left, minor units; not 0 only within a tolerance. */
  difference: number;
  /** Which fields agreed, and how near the next best was; for a person. */
  evidence: Evidence;
}

export interface Evidence {
  /** Names of the fields that agree, as "left = right" where they differ by name. */
  fields: readonly string[];
  /** Business days from the left to the right; null where a day is missing or there are several. */
  lag: number | null;
  /** Other records that would have fitted one of these. */
  rivals: number;
  /** Why it is only proposed. */
  doubt?: 'suggested' | 'by_chance' | 'balance' | 'without_one';
}

/** Records tied by a key whose sums differ. */
export interface Unequal {
  pass: string;
  left: readonly Entry[];
  right: readonly Entry[];
  /** Right less left, minor units. */
  difference: number;
  fields: readonly string[];
}

/** Records with two or more solutions of equal evidence. */
export interface Ambiguous {
  pass: string;
  left: readonly Entry[];
  right: readonly Entry[];
}
