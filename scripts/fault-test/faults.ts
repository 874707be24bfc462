import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LineFault } from './line.ts';
import { type Scene, type What, WHATS } from './scenes.ts';

/** A fault that is there. */
export interface Injected {
  /** For the environment of the process that is disturbed. */
  env?: Record<string, string>;
  /** Resolves when the fault is there, where that is later. */
  happened?: Promise<void>;
  /** Told of that process as soon as it was started. */
  began?(child: ChildProcess): void;
  /** The fault is over. */
  lift(): void | Promise<void>;
}

export interface Fault {
  name: string;
  what: readonly What[];
  /** A run must not succeed while it lasts. Otherwise it may: what counts is whether it says what is so. */
  fails?: boolean;
  /** It concerns the whole town: the other pipeline may fail too. */
  everywhere?: boolean;
  /** Another run does the work of the disturbed one, and succeeds: /health speaks of that one, and the work must be whole. */
  overtakes?: boolean;
  /** What `doctor` says of it in the end, and /health with it. */
  said?: 'attention';
  /** Why it cannot be tried here. */
  impossible?: () => string | undefined;
  /** `bytes`: so many go over a connection undisturbed. `random` gives numbers from 0 to 1. */
  inject(scene: Scene, bytes: number, random: () => number): Injected;
}

const SINKS_AND_SOURCES = WHATS.filter((what) => what !== 'serve');
const CLOCK = new URL('clock.ts', import.meta.url).href;
/** Longer than the connections of the towns wait for a sign of life. */
const STOPPED_MS = 4000;

export const FAULTS: readonly Fault[] = [
  { name: 'reset', what: WHATS, inject: onLine('reset', 0.05, 0.95) },
  { name: 'reset-at-once', what: WHATS, fails: true, inject: onLine('reset', 0, 0) },
  { name: 'drip', what: WHATS, fails: true, inject: onLine('drip', 0, 0.1) },
  { name: 'hang', what: WHATS, inject: onLine('hang', 0.05, 0.95) },
  { name: 'hang-at-once', what: WHATS, fails: true, inject: onLine('hang', 0, 0) },
  {
    name: 'full-disk',
    what: SINKS_AND_SOURCES,
    fails: true,
    everywhere: true,
    impossible: needsMount,
    inject: ({ town }) => fullVolume(join(town.folder, 'data')),
  },
  {
    name: 'disk-fills',
    what: WHATS,
    everywhere: true,
    impossible: needsMount,
    inject({ town, line }, bytes, random) {
      const volume = smallVolume(join(town.folder, 'data'));
      const there = Promise.withResolvers<void>();
      const fill = (): void => (volume.fill(), there.resolve());
      return { happened: there.promise, began: () => line.once(bytes * random() * 0.9, fill), lift: volume.lift };
    },
  },
  {
    name: 'full-disk-of-receiver',
    what: ['sftp-sink'],
    fails: true,
    impossible: needsMount,
    inject: ({ root }) => fullVolume(root),
  },
  { name: 'clock-forward', what: WHATS, inject: clock(24 * 3600_000) },
  { name: 'clock-back', what: WHATS, said: 'attention', inject: clock(-3600_000) },
  { name: 'sigstop', what: WHATS, inject: stopped(() => undefined) },
  { name: 'sigstop-server', what: WHATS, inject: stopped((scene) => scene.server) },
  { name: 'sigstop-and-other-run', what: SINKS_AND_SOURCES, overtakes: true, inject: overtaken },
];

function onLine(kind: LineFault['kind'], from: number, to: number): Fault['inject'] {
  return ({ line }, bytes, random) => {
    line.use({ kind, afterBytes: Math.floor(bytes * (from + random() * (to - from))) });
    return { lift: () => line.use(undefined) };
  };
}

/** The clock of the disturbed process jumps in the middle of its run. */
function clock(byMs: number): Fault['inject'] {
  return ({ line }, bytes, random) => ({
    env: { NODE_OPTIONS: `--import=${CLOCK}`, FAULT_CLOCK_BY_MS: String(byMs) },
    began: (child) => line.once(bytes * random() * 0.9, () => child.kill('SIGUSR2')),
    lift: () => {},
  });
}

/** A process stands still in the middle of the run, for longer than anybody waits, and goes on. */
function stopped(which: (scene: Scene) => ChildProcess | undefined): Fault['inject'] {
  return (scene, bytes, random) => {
    let over: Promise<unknown> = Promise.resolve();
    return {
      began(child) {
        const process = which(scene) ?? child;
        scene.line.once(bytes * random() * 0.9, () => {
          process.kill('SIGSTOP');
          over = sleep(STOPPED_MS).then(() => process.kill('SIGCONT'));
        });
      },
      lift: async () => void (await over),
    };
  };
}

/** A run stands still for so long that another one takes its place, and then goes on. */
function overtaken({ town, line, pipeline }: Scene, bytes: number, random: () => number): Injected {
  let over: Promise<unknown> = Promise.resolve();
  const other = async (child: ChildProcess): Promise<void> => {
    child.kill('SIGSTOP');
    try {
      await town.reopen();
      // As it is after two minutes.
      await town.engine.knex('il_lock').update({ heartbeat_at: new Date(Date.now() - 120_000).toISOString() });
      await town.run(pipeline).catch(() => undefined);
      await town.engine.knex.destroy();
    } finally {
      child.kill('SIGCONT');
    }
  };
  return {
    began: (child) => line.once(bytes * random() * 0.9, () => void (over = other(child).catch(() => undefined))),
    lift: async () => void (await over),
  };
}

/** undefined where this account may mount a volume. */
function needsMount(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'interlocal-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return undefined;
  } catch {
    return 'only root may mount a small volume to fill';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The folder is on a volume of its own without a free byte. Lifted, the volume has room. */
function fullVolume(folder: string): Injected {
  const volume = smallVolume(folder);
  volume.fill();
  return volume;
}

/** The folder is on a volume of its own, which has room until it is filled. */
function smallVolume(folder: string): { fill(): void; lift(): void } {
  const copy = mkdtempSync(join(tmpdir(), 'interlocal-volume-'));
  mkdirSync(folder, { recursive: true });
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder]);
  for (const name of readdirSync(copy)) cpSync(join(copy, name), join(folder, name), { recursive: true, preserveTimestamps: true });
  rmSync(copy, { recursive: true });
  const path = join(folder, 'filler');
  return {
    fill() {
      const filler = openSync(path, 'w');
      try {
        for (const size of [65_536, 512, 1]) while (wrote(filler, size));
      } finally {
        closeSync(filler);
      }
    },
    lift: () => rmSync(path, { force: true }),
  };
}

function wrote(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size;
  } catch {
    return false;
  }
}

/** Takes the volumes of a scene away again, where it has some. */
export function unmount(scene: Scene): void {
  for (const folder of [join(scene.town.folder, 'data'), scene.root])
    try {
      execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
    } catch {
      // It was none.
    }
}
