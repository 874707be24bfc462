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
  /** Records of one day come in the order of these fields, on both sides. */
  order?: readonly FieldPair[];
  tolerance?: Tolerance;
  /** How often, in a thousand, an amount of this block may find such a partner by chance and still be confirmed. */
  chance: number;
  confirm: Confirm;
}

/** Several records, or groups of records, of one side whose amounts add up to one record, or to what a key group lacks, of the other. */
export interface SubsetPass {
  kind: 'subset';
  name: string;
  block: readonly FieldPair[];
  within: Window;
  /** The side that has the one record. */
  one: Side;
  /** More candidates than this near a record are not tried. */
  most: number;
  /** Records of the many that agree in these fields are taken together or not at all: all payments of a day. */
  together: readonly string[];
  /** All records of one group agree in these fields, where they have them. */
  alike?: readonly string[];
  /** The records of one group follow one another, in the order of these fields. */
  order?: readonly string[];
  /** What these fields put in order on the side of the one: groups of a day come in the order of their ones. */
  orderOfOne?: readonly string[];
  /** What the one record is made of, where the many add up to its gross instead of its amount. */
  parts?: Readonly<Partial<Record<SettlementPart, string>>>;
  /** Parts that the report writes with a minus sign. */
  negative: readonly SettlementPart[];
  /** The field in which the one record says how many records it is made of. */
  count?: string;
  /** How often, in a thousand, so many candidates would add up to an unrelated amount and still be confirmed. */
  chance: number;
  confirm: Confirm;
}

/** All that is open in a block, where both sides balance: proposed as a whole, never confirmed. */
export interface BalancePass {
  kind: 'balance';
  name: string;
  block: readonly FieldPair[];
  within: Window;
}

/** What a settlement is made of; each is a money field of its record. */
export type SettlementPart = 'gross' | 'refunds' | 'fees' | 'chargebacks' | 'reserve' | 'released' | 'net';

/** What a processor may charge, by contract. */
export interface FeeRule {
  /** Only settlements with these values. */
  where: Readonly<Record<string, readonly string[]>>;
  /** First and last day on which it holds, day numbers. */
  from?: number;
  to?: number;
  /** Millionths of the gross: 26500 is 2.65 %. */
  millionths: number;
  /** Minor units for each item. */
  perItem: number;
  /** Each item's fee is rounded, or the fee of the whole settlement. */
  rounding: 'item' | 'batch';
  /** Field with the number of items; without it, the records that the settlement is tied to. */
  items?: string;
  /** daily: taken out of each settlement. monthly: debited by itself in the next month. */
  deducted: 'daily' | 'monthly';
}

/** Settlements of a processor: gross - refunds - fees - chargebacks - reserve + released = net. Ties them where it has `on`. */
export interface SettlementPass {
  kind: 'settlement';
  name: string;
  /** The side that has the settlements. */
  of: Side;
  on: readonly FieldPair[];
  sides: KeyPass['sides'];
  within?: Window;
  parts: Readonly<Partial<Record<SettlementPart, string>>>;
  /** Parts that the report writes with a minus sign. */
  negative: readonly SettlementPart[];
  /** The field with the number of its payments. */
  count?: string;
  contract: readonly FeeRule[];
  /** Records of the same side that are the fee of the month before, where it is debited by itself. */
  monthly?: { where: Readonly<Record<string, readonly string[]>>; by: readonly string[] };
  /** A fee may differ by so many minor units from the contract. */
  feeLimit: number;
  confirm: Confirm;
}

/** Totals that a source gives next to its records: nothing of a batch is used whose total does not hold. */
export interface ControlPass {
  kind: 'control';
  name: string;
  /** The side whose records are checked. */
  of: Side;
  /** `left` is the field of the records, `right` that of the totals. */
  on: readonly FieldPair[];
}

/** One total of a source. */
export interface ControlTotal {
  id: string;
  currency: string;
  /** Minor units; null: it says no amount. */
  minor: number | null;
  count: number | null;
  /** Numbers of its first and last record. */
  first: string | null;
  last: string | null;
  day: number | null;
  values: Readonly<Record<string, string | null>>;
}

export type Pass = KeyPass | AmountPass | SubsetPass | BalancePass | SettlementPass | ControlPass;

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
  /** It was only taken when every pass had run. */
  takenLast?: true;
}

export interface Evidence {
  /** Names of the fields that agree, as "left = right" where they differ by name. */
  fields: readonly string[];
  /** Business days from the left to the right; null where a day is missing or there are several. */
  lag: number | null;
  /** Other records that would have fitted one of these. */
  rivals: number;
  /** Of settlements: what they are made of, minor units. */
  parts?: Readonly<Partial<Record<SettlementPart, number>>>;
  /** Why it is only proposed. */
  doubt?: 'suggested' | 'by_chance' | 'balance' | 'without_one' | 'several' | 'equal';
}

/** Records tied by a key whose sums differ. */
export interface Unequal {
  pass: string;
  left: readonly Entry[];
  right: readonly Entry[];
  /** Right less left, minor units. */
  difference: number;
  fields: readonly string[];
  /** Minor units of each side, where they are not the sums of its records: gross instead of net. */
  sums?: { left: number; right: number };
  /** What the group is where no later pass finds what it may lack: payments that add up to the gross of a settlement that had refunds. */
  otherwise?: FoundMatch;
}

/** Records with two or more solutions of equal evidence. */
export interface Ambiguous {
  pass: string;
  left: readonly Entry[];
  right: readonly Entry[];
  /** Only these records are in doubt, not this one that they may belong to: refunds of which one is netted into this settlement. */
  oneSided?: Entry;
}

/** What is missing on one side, for naming its echoes on the other. */
export interface Echoed {
  of: Side;
  /** By the names of the fields of the side that lacks it. */
  values: Readonly<Record<string, string | null>>;
  /** Only records of this day. */
  day: number | null;
  /** The id of its exception. */
  cause: string;
  /** None of its records came: what is open of its place and day is an echo, also where it says no more than these. */
  isMissing?: boolean;
  /** What a missing batch comes to by its total, minor units. */
  minor?: number;
}
