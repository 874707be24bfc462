import { once } from 'node:events';
import { createWriteStream, utimesSync } from 'node:fs';

/** Writes a large file line by line, old enough to be complete. */
export async function writeText(file: string, lines: Iterable<string>): Promise<void> {
  const out = createWriteStream(file);
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length > 1_000_000) {
      if (!out.write(text)) await once(out, 'drain');
      text = '';
    }
  }
  out.end(text);
  await once(out, 'close');
  const yesterday = new Date(Date.now() - 86_400_000);
  utimesSync(file, yesterday, yesterday);
}
