/** Cents to '1234.50'. Money in the generator is integer cents until the moment it is written. */
export function dollars(cents: number): string {
  if (!Number.isInteger(cents)) throw new TypeError(`${cents} is not a whole number of cents`);
  const sign = cents < 0 ? '-' : '';
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

export function sum(cents: readonly number[]): number {
  return cents.reduce((total, each) => total + each, 0);
}
