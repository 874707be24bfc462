import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fails, holds, holdsBut, type Verdict } from '../finding.ts';
import { fillText } from '../../../connector/template.ts';
import { saidOf } from '../reading.ts';
import type { SinkBench } from './bench.ts';
import type { SinkCheck, SinkContext } from './checks.ts';
import { onBench, takeFiles } from './file-bench.ts';
import { became, counts, differsFromAnswers, states } from './outcome.ts';

/** What becomes known of a file after it was dropped: by files that the remote system writes, or because it is gone. */
export const FILE_ANSWERS: readonly SinkCheck[] = [
  { check: 'early_answer', title: 'Nothing is taken for an answer before it exists', run: earlyAnswer },
  { check: 'answers', title: 'Recorded answers set the state of each record', run: answers },
  { check: 'answer_cut', title: 'An answer that is still being written is not misread', run: answerCut },
  { check: 'taken', title: 'A file that is gone from the folder counts as taken', run: taken },
];

async function earlyAnswer(context: SinkContext): Promise<Verdict> {
  if (!context.sink.acknowledgment?.file && !context.sink.acknowledgment?.taken) return undefined;
  return onBench(context, async (bench) => {
    await bench.send();
    const before = states(became(context.sink, await bench.rows()));
    const { problems } = await bench.send();
    if (problems.length) return fails(`Looking for an answer failed: ${saidOf(problems)}`, 'Correct acknowledgment.');
    const after = states(became(context.sink, await bench.rows()));
    return isDeepStrictEqual(before, after)
      ? holds('Looked once more with no answer there: everything stays as sent.')
      : fails(
          `With no answer there, records became ${[...new Set(Object.values(after))].join(', ')}.`,
          'Check the names in acknowledgment.file of the connector: they must not be those of the sent file itself or of its marker.',
        );
  });
}

/** Puts answers where the system puts them. */
async function answer(context: SinkContext, bench: SinkBench, files: readonly { name: string; bytes: Uint8Array }[]): Promise<void> {
  const folder = join(bench.target, fillText(context.sink.acknowledgment!.file!.folder, context.variables));
  for (const { name, bytes } of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, `.${name}`), bytes);
    await rename(join(folder, `.${name}`), join(folder, name));
  }
}

async function answers(context: SinkContext): Promise<Verdict> {
  const { sink, fixture } = context;
  if (!sink.acknowledgment?.file) return undefined;
  if (fixture.answers.length === 0)
    return holdsBut(
      'There is no recorded answer of the system, so it is not proven that answers are understood.',
      'Put an answer of the system into the folder answers/ of the recording, and what it means into answers.json.',
    );
  const said: string[] = [];
  for (const one of fixture.answers) {
    const verdict = await onBench(context, async (bench) => {
      await bench.send();
      await answer(
        context,
        bench,
        fixture.answerFiles.filter((file) => one.files.includes(file.name)),
      );
      const { problems } = await bench.send();
      if (problems.length) return fails(`${one.files.join(', ')}: ${saidOf(problems)}`, 'Correct acknowledgment.file.');
      const result = became(sink, await bench.rows());
      const wrong = differsFromAnswers(sink, result, one);
      if (wrong.length)
        return fails(
          `${one.files.join(', ')}: ${wrong.slice(0, 3).join('; ')}.`,
          'Correct acknowledgment.file in the connector, or answers.json if that is wrong.',
        );
      said.push(`${one.files.join(', ')}: ${counts(result)}`);
      return undefined;
    });
    if (verdict) return verdict;
  }
  return holds(`${said.join('; ')}.`);
}

async function answerCut(context: SinkContext): Promise<Verdict> {
  const { sink, fixture } = context;
  const records = sink.acknowledgment?.file?.records;
  const [one] = fixture.answers.filter(({ files, accepted, rejected }) => files.length === 1 && accepted.length + rejected.length > 0);
  if (!records || !one) return undefined;
  const { name, bytes } = fixture.answerFiles.find((file) => file.name === one.files[0])!;
  let cuts = 0;
  for (const share of [0, 0.3, 0.55, 0.8, 0.97]) {
    const cut = Math.floor(bytes.length * share);
    const verdict = await onBench(context, async (bench) => {
      await bench.send();
      await answer(context, bench, [{ name, bytes: bytes.subarray(0, cut) }]);
      await bench.send();
      await answer(context, bench, [{ name, bytes }]);
      await bench.send();
      const wrong = differsFromAnswers(sink, became(sink, await bench.rows()), one);
      return wrong.length
        ? fails(
            `Read when ${cut} of its ${bytes.length} bytes were there, and again when all were: ${wrong[0]}.`,
            'Use a decoder that refuses what is cut off (final_newline: required), or ask the vendor to write it under another name first.',
          )
        : undefined;
    });
    if (verdict) return verdict;
    cuts++;
  }
  return holds(`Read at ${cuts} moments while it was being written, then complete: the result was always that of the complete answer.`);
}

async function taken(context: SinkContext): Promise<Verdict> {
  const { sink } = context;
  if (!sink.acknowledgment?.taken) return undefined;
  return onBench(context, async (bench) => {
    await bench.send();
    await takeFiles(context, bench);
    await bench.send();
    const wanted = sink.acknowledgment!.file || sink.acknowledgment!.person ? 'acknowledged' : 'accepted';
    const result = became(
      sink,
      (await bench.rows()).filter((row) => row.delivery !== null),
    );
    const other = Object.values(result).find(({ state }) => state !== wanted && state !== 'sent');
    return other || !Object.values(result).some(({ state }) => state === wanted)
      ? fails(`After the file was taken the records are: ${counts(result)}.`, `${wanted} was expected; check acknowledgment.`)
      : holds(`${counts(result)}.`);
  });
}
