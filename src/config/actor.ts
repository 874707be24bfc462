import { userInfo } from 'node:os';

/** Who acts, for the audit log: the operating system's account, and behind sudo the one that used it. */
export function actorOf(env: NodeJS.ProcessEnv = process.env): string {
  const account = accountOf() ?? env.USERNAME ?? env.USER ?? `uid ${process.getuid?.() ?? 'unknown'}`;
  return env.SUDO_USER && env.SUDO_USER !== account ? `${env.SUDO_USER} as ${account}` : account;
}

/**
 * Are two actors of the audit log surely two people? `dana` and `dana as interlocal` are one. Who can set SUDO_USER could name
 * anybody: so whoever acts as the account of the other is not another person either.
 */
export function areTwoPeople(a: string, b: string): boolean {
  const [one, two] = [namesOf(a), namesOf(b)];
  return one.person !== two.person && one.account !== two.person && two.account !== one.person;
}

/** Is this actor of the audit log the person that a configuration names: `dana`, also where she acts as another account? */
export function isPerson(actor: string, name: string): boolean {
  return namesOf(actor).person === name.toLowerCase();
}

function namesOf(actor: string): { person: string; account: string } {
  const [person, account] = actor.split(' as ') as [string, string?];
  // Accounts of Windows do not tell capitals apart.
  return { person: person.toLowerCase(), account: (account ?? person).toLowerCase() };
}

/** A container's account need not have a name. */
function accountOf(): string | undefined {
  try {
    return userInfo().username || undefined;
  } catch {
    return undefined;
  }
}
