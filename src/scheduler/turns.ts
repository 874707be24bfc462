/** Who may work when: so many at once, and one at a time for each remote system. */
export interface Turns {
  /** Does the work when its turn comes. Those that wait longer come first; one that waits for a busy system holds nobody else up. */
  take<T>(systems: readonly string[], work: () => Promise<T>): Promise<T>;
}

export function turnsOf(most: number): Turns {
  const waiting: { systems: readonly string[]; begin: () => void }[] = [];
  const busy = new Set<string>();
  let working = 0;

  function next(): void {
    // Who waits for a busy system keeps its place there.
    const kept = new Set(busy);
    for (const one of [...waiting]) {
      if (working >= most) return;
      const free = one.systems.every((system) => !kept.has(system));
      for (const system of one.systems) kept.add(system);
      if (!free) continue;
      waiting.splice(waiting.indexOf(one), 1);
      for (const system of one.systems) busy.add(system);
      working++;
      one.begin();
    }
  }

  return {
    take(systems, work) {
      return new Promise((resolve, reject) => {
        const begin = (): void => {
          work()
            .then(resolve, reject)
            .finally(() => {
              working--;
              for (const system of systems) busy.delete(system);
              next();
            });
        };
        waiting.push({ systems, begin });
        next();
      });
    },
  };
}
