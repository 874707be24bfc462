import type { Asking, PageContext } from './page.ts';
import type { StreamState } from './stream-state.ts';
import { instantOf, isoOf } from './bounds.ts';

/** Clocks of two machines differ by a little. */
const TOLERATED_MS = 5 * 60_000;

/**
 * A position after `latest` was saved while a clock was ahead. What was read by then is not known: going on there would pass over all that
 * changes until that time has come. So everything is read again, and what is known is recognized. `latest`: milliseconds since 1970.
 */
export function withoutFuture(state: StreamState, latest: number, { name, note }: Pick<PageContext, 'name' | 'note'>): StreamState {
  const at = state.cursor === undefined ? undefined : instantOf(state.cursor);
  if (at === undefined || at <= latest) return state;
  const { cursor, tie: _, ...others } = state;
  if (at - latest <= TOLERATED_MS) return { ...others, cursor: isoOf(new Date(latest - TOLERATED_MS)) };
  once(
    note,
    'position',
    `${name}: the position where the last run ended (${cursor}) is in the future: a clock was ahead then, or is behind now. Everything is read again from the start; records that are known are not entered twice.`,
  );
  return others;
}

/** Requests as they are asked, and what the service's own clock said in the first of its answers: milliseconds since 1970. */
export function timed(asking: Asking): { asking: Asking; heard(): number | undefined } {
  let heard: number | undefined;
  return {
    asking: {
      ...asking,
      ask: (request, variables, read, link) =>
        asking.ask(
          request,
          variables,
          (answer) => {
            const at = Date.parse(answer.headers['date'] ?? '');
            if (!Number.isNaN(at)) heard ??= at;
            return read(answer);
          },
          link,
        ),
    },
    heard: () => heard,
  };
}

/**
 * Up to where an answer goes: a service whose clock is behind the time that was asked for cannot have given what it will have then. Gives
 * that earlier time, as positions are saved; undefined where there is none. Its clock tells whole seconds.
 */
export function earlierEnd(to: string, heard: number | undefined, { name, note }: Pick<PageContext, 'name' | 'note'>): string | undefined {
  const asked = instantOf(to);
  if (heard === undefined || asked === undefined || heard >= Math.floor(asked / 1000) * 1000) return undefined;
  if (asked - heard > TOLERATED_MS)
    once(
      note,
      'service',
      `${name}: the service's clock says ${isoOf(new Date(heard))}Z, which is before ${to}Z, up to where it was asked. The next run goes on from the service's time. Check the clock of this machine, and of the service.`,
    );
  return isoOf(new Date(heard));
}

/** What a run was told, by what tells it: all partitions of a stream share it, and thousands may find the same. */
const told = new WeakMap<PageContext['note'], Set<string>>();

function once(note: PageContext['note'], what: string, text: string): void {
  const before = told.get(note) ?? new Set();
  if (!before.has(what)) note(text);
  told.set(note, before.add(what));
}
