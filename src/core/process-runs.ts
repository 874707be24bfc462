/** Whether a process of this machine runs, of whichever account. */
export function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another account's: it is there, and may not be signaled.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
