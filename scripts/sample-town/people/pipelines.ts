export const CARRY_CORRECTIONS = ['corrections-to-recreation', 'corrections-to-clerk', 'corrections-to-finance'];
/** The pipelines that read people's systems, then those that carry corrections between them. */
export const TWO_WAY = ['recreation-residents', 'clerk-residents', 'finance-customers', ...CARRY_CORRECTIONS];
