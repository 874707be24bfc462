import { userInfo } from 'node:os';

/** Who acts, for the audit log: the operating system's account, and behind sudo the one that used it. */
export function actorOf(env: NodeJS.ProcessEnv = process.env): string {
  const account = accountOf() ?? env.USERNAME ?? env.USER ?? `uid ${process.getuid?.() ?? 'unknown'}`;
  return env.SUDO_USER && env.SUDO_USER !== account ? `${env.SUDO_USER} as ${account}` : account;
}

/** A container's account need not have a name. */
function accountOf(): string | undefined {
  try {
    return userInfo().username || undefined;
  } catch {
    return undefined;
  }
}
