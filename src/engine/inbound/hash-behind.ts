import { Worker } from 'node:worker_threads';

/** What is told to hash-thread.ts: so many bytes of the file are written; `whole`: and that is all. */
export interface Written {
  size: number;
  whole: boolean;
}

/** The SHA-256 of a file that is still being written, made in a thread of its own, some way behind whoever writes it. */
export interface HashBehind {
  /** So many bytes of the file are written. */
  wrote(size: number): void;
  /** The hash of the whole file, in hexadecimal; `size`: of the whole file. Throws what the thread said when it failed. */
  digest(size: number): Promise<string>;
  /** Ends the thread, whatever it is doing. */
  stop(): Promise<void>;
}

/** The thread is told of each so many bytes: it need not hear of every piece. */
const TOLD_BYTES = 4_000_000;

export function hashBehind(path: string): HashBehind {
  const worker = new Worker(new URL('./hash-thread.ts', import.meta.url), { workerData: { path } });
  const hash = new Promise<string>((done, failed) => {
    worker.once('message', done);
    worker.once('error', failed);
    worker.once('exit', (code) => failed(new Error(`The thread that hashes a fetched file ended with ${code} and gave no hash.`)));
  });
  // Told by `digest`, to whoever asks for it.
  hash.catch(() => {});
  const tell = (written: Written): void => worker.postMessage(written);
  let told = 0;
  return {
    wrote(size) {
      if (size - told < TOLD_BYTES) return;
      told = size;
      tell({ size, whole: false });
    },
    digest(size) {
      tell({ size, whole: true });
      return hash;
    },
    stop: async () => void (await worker.terminate()),
  };
}
