import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** What the main thread of a process did since it was asked the last time. */
export interface MainThread {
  /** The longest time that nothing else got its turn. */
  longestMs: number;
  /** Processor time of this thread alone. */
  cpuMs: number;
  /** Memory of the whole process. */
  rssMb: number;
}

/** How often the timer fires; the longest wait is known to within this. */
const RESOLUTION_MS = 2;

// Loaded with --import before a program that was started with a channel: answers each message with what the main thread did since.
if (isMainThread && process.send) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let before = process.threadCpuUsage();
  process.on('message', () => {
    const used = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    const answer: MainThread = {
      longestMs: delay.max / 1e6,
      cpuMs: (used.user + used.system) / 1000,
      rssMb: process.memoryUsage.rss() / 1_048_576,
    };
    delay.reset();
    process.send!(answer);
  });
  process.channel?.unref();
}
