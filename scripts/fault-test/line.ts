import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What a line does to each of its connections once so many bytes went over it, both ways together. */
export interface LineFault {
  /**
   * reset: it is cut with a TCP RST. drip: from the server comes one byte every 60 ms. hang: nothing more goes either way, and nobody
   * closes anything.
   */
  kind: 'reset' | 'drip' | 'hang';
  afterBytes: number;
}

export interface FaultLine {
  port: number;
  /** From the next connection on. undefined: the line works, and what hung or dripped is cut. */
  use(fault: LineFault | undefined): void;
  /** Called once, when a connection has carried so many bytes. */
  once(afterBytes: number, call: () => void): void;
  /** Bytes of the connection that carried most so far. */
  largest(): number;
  close(): Promise<void>;
}

const DRIP_EVERY_MS = 60;

/** A TCP line to a server of this machine that can be made to fail. */
export async function faultLine(serverPort: number): Promise<FaultLine> {
  const sockets = new Set<Socket>();
  let fault: LineFault | undefined;
  let largest = 0;
  let trigger: { afterBytes: number; call(): void } | undefined;

  const server = createServer((near) => {
    const mine = fault;
    let carried = 0;
    const far = connect(serverPort, '127.0.0.1');
    const dripping: Buffer[] = [];
    const timer = setInterval(() => {
      const first = dripping[0];
      if (!first) return;
      near.write(first.subarray(0, 1));
      if (first.length > 1) dripping[0] = first.subarray(1);
      else dripping.shift();
    }, DRIP_EVERY_MS);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => (sockets.delete(socket), clearInterval(timer), near.destroy(), far.destroy()));
    }
    const carry = (from: Socket, to: Socket): void => {
      from.on('data', (bytes: Buffer) => {
        const room = mine ? Math.max(0, mine.afterBytes - carried) : bytes.length;
        const whole = bytes.length <= room;
        carried += bytes.length;
        largest = Math.max(largest, carried);
        if (trigger && carried >= trigger.afterBytes) {
          const { call } = trigger;
          trigger = undefined;
          call();
        }
        if (whole) return void to.write(bytes);
        if (room > 0) to.write(bytes.subarray(0, room));
        if (mine!.kind === 'reset') for (const socket of [near, far]) socket.resetAndDestroy();
        else if (mine!.kind === 'drip') {
          if (to === near) dripping.push(bytes.subarray(room));
          else to.write(bytes.subarray(room));
        } else for (const socket of [near, far]) socket.pause();
      });
    };
    carry(near, far);
    carry(far, near);
  });
  const cut = (): void => sockets.forEach((socket) => socket.resetAndDestroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    use(next) {
      fault = next;
      if (!next) cut();
    },
    once: (afterBytes, call) => void (trigger = { afterBytes, call }),
    largest: () => largest,
    close: () => (cut(), new Promise((resolve) => server.close(() => resolve()))),
  };
}
