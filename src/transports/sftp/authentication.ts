import type { AnyAuthMethod, ConnectConfig, KeyboardInteractiveCallback, Prompt } from 'ssh2';
import type { SftpSettings } from './options.ts';

/**
 * The credentials, in the order in which they are tried: key, agent, password. The password is given as an answer to a prompt
 * only where the server takes no plain password, so a wrong one counts once against the account and not twice.
 */
export function authenticationSteps(settings: SftpSettings): Partial<ConnectConfig> {
  const steps: string[] = ['none'];
  if (settings.private_key) steps.push('publickey');
  if (settings.agent) steps.push('agent');
  if (settings.password) steps.push('password', 'keyboard-interactive');
  let next = 0;
  let passwordSent = false;
  return {
    ...(settings.private_key ? { privateKey: settings.private_key } : {}),
    ...(settings.passphrase ? { passphrase: settings.passphrase } : {}),
    ...(settings.agent ? { agent: settings.agent } : {}),
    ...(settings.password ? { password: settings.password, tryKeyboard: true } : {}),
    authHandler: (allowed: string[] | null, partial: boolean | null) => {
      while (next < steps.length) {
        const step = steps[next++]!;
        const method = step === 'agent' ? 'publickey' : step;
        if (allowed?.length && step !== 'none' && !allowed.includes(method)) continue;
        if (step === 'keyboard-interactive' && passwordSent && !partial) continue;
        if (step === 'password') passwordSent = true;
        return step as unknown as AnyAuthMethod;
      }
      return false as unknown as AnyAuthMethod;
    },
  } as Partial<ConnectConfig>;
}

/** Answers a single hidden prompt with the password; a second question (a one-time code) cannot be answered by a machine. */
export function answerPrompts(settings: SftpSettings) {
  return (_name: string, _instructions: string, _language: string, prompts: Prompt[], finish: KeyboardInteractiveCallback) => {
    finish(prompts.map((prompt) => (prompts.length === 1 && !prompt.echo ? (settings.password ?? '') : '')));
  };
}
