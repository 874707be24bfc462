import type { FileEntryWithStats, Stats } from 'ssh2';
import { FileError, InterlocalError } from '../../core/errors.ts';
import { folderMissing } from '../file-errors.ts';
import type { CheckResult } from '../transport.ts';
import type { SftpConnection } from './connection.ts';
import type { SftpSettings } from './options.ts';
import { mayBeFolder } from './transfer.ts';

/** The steps of a connection in their order; a step is known to be good when a later one is what failed. */
const STEPS = ['reachable', 'host key', 'credentials', 'list'] as const;
type Step = (typeof STEPS)[number];
type Wrong = { code?: string; message: string; hint?: string };

/** Connects, lists the root, and says at which step it stopped and what to do. Writes nothing. */
export async function checkSftp(settings: SftpSettings, connection: SftpConnection, system: string): Promise<CheckResult[]> {
  const at = `${settings.host}:${settings.port}`;
  const good: Record<Step, string> = {
    reachable: `${at} answers.`,
    'host key': `${at} proved a pinned host key.`,
    credentials: `${settings.username} logged in.`,
    list: '',
  };
  let failed: { step: Step; problem: Wrong } | undefined;
  try {
    const session = await connection.session();
    const entries = await session
      .call<FileEntryWithStats[]>(settings.root, (sftp, done) => sftp.readdir(session.root, done))
      .catch((error: unknown) => {
        throw error instanceof FileError ? folderMissing(system, settings.root, `at ${at}`) : error;
      });
    good.list = `${session.root} can be listed: ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}.`;
  } catch (error) {
    const problem: Wrong = error instanceof InterlocalError ? error.problems[0]! : { message: `Interlocal failed: ${String(error)}` };
    const code = problem.code ?? '';
    // Found before the server was asked, so there is nothing to say about it.
    if (code === 'PRIVATE_KEY_UNREADABLE') return [{ name: 'credentials', ok: false, code, detail: problem.message, hint: problem.hint }];
    failed = { step: stepOf(code), problem };
  }
  const results: CheckResult[] = [];
  for (const step of STEPS) {
    if (failed?.step === step) {
      results.push({
        name: step,
        ok: false,
        ...(failed.problem.code ? { code: failed.problem.code } : {}),
        detail: failed.problem.message,
        hint: failed.problem.hint ?? `Check the connection ${system}.`,
      });
      break;
    }
    results.push({ name: step, ok: true, detail: good[step] });
  }
  for (const name of settings.allow_legacy)
    results.push({
      name: 'algorithms',
      ok: true,
      warning: true,
      detail: `The weak algorithm ${name} is allowed for this connection.`,
      hint: 'Ask the vendor when the server will be updated, then remove the algorithm from allow_legacy of the connection.',
    });
  return results;
}

/** What the server says of a folder: whether this account may write into it, only a file that is put there proves. */
export async function checkSftpFolder(folder: string, username: string, statsOf: () => Promise<Stats | undefined>): Promise<CheckResult> {
  const name = `folder ${folder}`;
  const hint = `Have the folder created on the server, with permission for ${username} to write to it.`;
  try {
    const stats = await statsOf();
    if (!stats || !mayBeFolder(stats)) return { name, ok: false, detail: `There is no folder ${folder}.`, hint };
    const rights = stats.mode & 0o777;
    if (stats.mode && !(rights & 0o222)) return { name, ok: false, detail: `Nobody may write to ${folder} (${rights.toString(8)}).`, hint };
    return {
      name,
      ok: true,
      detail: `${folder} exists${stats.mode ? `, with the permissions ${rights.toString(8)} for its owner (user ${stats.uid})` : ''}; no test file was written, so only the first file will prove that writing works.`,
    };
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return { name, ok: false, detail: error.problems[0]!.message, hint: error.problems[0]!.hint ?? hint };
  }
}

/** Whether the server takes a rename, by what it says to `ask`, which asks for one of a file that does not exist. */
export async function checkSftpRename(from: string, to: string, ask: () => Promise<void>): Promise<CheckResult> {
  const name = `moves from ${from} to ${to}`;
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    const { code, message, hint } = error.problems[0]!;
    if (code === 'FILE_MISSING') return { name, ok: true, detail: 'the server accepts the request.' };
    const { status } = (error.cause ?? {}) as { status?: number };
    if (code === 'ACCESS_DENIED')
      return { name, ok: false, code, detail: 'The server does not allow this account to rename files.', hint: RENAME_HINT };
    // Another cause has its own remedy: a path that leads out of the folder, a connection that broke.
    if (code !== 'SFTP_FAILURE') return { name, ok: false, code, detail: message, ...(hint === undefined ? {} : { hint }) };
    if (status === OP_UNSUPPORTED) return { name, ok: false, code, detail: 'The server does not support renames.', hint: RENAME_HINT };
  }
  return {
    name,
    ok: true,
    warning: true,
    detail: 'the server does not say whether it allows renames: only the first file will show it.',
    hint: RENAME_HINT,
  };
}

/** SSH_FX_OP_UNSUPPORTED */
const OP_UNSUPPORTED = 8;
const RENAME_HINT =
  'Ask the owner of the server to let this account rename files. If that is not possible: for a source, remove after.archive from the stream; for a sink, set upload: direct for this connection.';

function stepOf(code: string): Step {
  switch (code) {
    case 'HOST_KEY_CHANGED':
    case 'HOST_KEY_MISSING':
    case 'NO_COMMON_ALGORITHM':
      return 'host key';
    case 'AUTH_FAILED':
    case 'NO_SFTP':
      return 'credentials';
    case 'FOLDER_MISSING':
    case 'ACCESS_DENIED':
    case 'SFTP_FAILURE':
      return 'list';
    default:
      return 'reachable';
  }
}
