/** Slots of the features that vetoes look at; -1 where the model has none. */
export type Roles = Record<
  'given' | 'middle' | 'surname' | 'suffix' | 'birth' | 'number' | 'street' | 'unit' | 'phone' | 'email' | 'sex',
  number
>;

/** The values of one record in standard form, by slot. */
export type Profile = readonly (string | null)[];
