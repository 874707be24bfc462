/**
 * Loaded with `node --import` before Interlocal: at SIGUSR2 the wall clock of that process jumps by FAULT_CLOCK_BY_MS. Only `Date` jumps, as
 * on a real machine: timers and `performance.now()` go by the monotonic clock.
 */
const Real = Date;
let by = 0;
process.on('SIGUSR2', () => void (by = Number(process.env['FAULT_CLOCK_BY_MS'])));
const now = (): number => Real.now() + by;

globalThis.Date = new Proxy(Real, {
  construct: (target, args: unknown[]) => Reflect.construct(target, args.length === 0 ? [now()] : args) as Date,
  apply: () => new Real(now()).toString(),
  get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
});
