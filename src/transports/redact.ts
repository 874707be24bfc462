import { writtenForms } from '../config/secrets/secret-forms.ts';
import { redact as redactConfigured } from '../config/secrets/secrets.ts';

/** Takes secrets out of what another system said, since systems like to repeat what they were sent. */
export function redactor(secrets: () => readonly (string | undefined)[]): (text: string) => string {
  return (text) => {
    const forms = secrets().flatMap((secret) => (secret && secret.length > 3 ? [...writtenForms(secret)] : []));
    // The longest first, and before what is configured: a login with its password is taken out whole, not the password alone.
    forms.sort((a, b) => b.length - a.length);
    let clean = text;
    for (const form of forms) clean = clean.replaceAll(form, '[secret]');
    return redactConfigured(clean);
  };
}

/** The remote system's own words, fit for one line of a message: without secrets, tags, and not longer than 300 characters. */
export function ownWords(text: string, redact: (text: string) => string): string {
  const plain = redact(text)
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain.length > 300 ? `${plain.slice(0, 300)}…` : plain;
}
