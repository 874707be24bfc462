import { isDeepStrictEqual } from 'node:util';
import { hasNextPage } from '../../connector/source/answer/status.ts';
import type { PlainMap, ProposedStream } from './proposal.ts';
import { InterlocalError } from '../../core/errors.ts';
import type { RequestTransport } from '../../transports/transport.ts';

/** One answer of an interface, as far as JSON says it. */
interface Answer {
  document: unknown;
  link: string | undefined;
}

/**
 * Finds out how an interface pages, by asking for the next page in the ways that are usual, and adds it to the stream. What is
 * proposed was seen to work; what was not found is said as evidence, and no paginator is proposed.
 */
export async function discoverPaging(transport: RequestTransport, path: string, stream: ProposedStream, first: Answer): Promise<void> {
  if (hasNextPage(first.link, undefined)) {
    stream.paginator = { kind: 'link' };
    stream.evidence.push('the answer has a Link header to the next page');
    return;
  }
  const records = listOf(stream, first.document);
  const leaves = leavesOf(first.document);
  const nextName = [...leaves.keys()].find(
    (leaf) => /next|cursor|token|continuation/i.test(leaf) && !/^(true|false|)$/.test(leaves.get(leaf)!),
  );
  const totalName = [...leaves.keys()].find((leaf) => /(^|\.|_)(total|count)|total/i.test(leaf) && /^\d+$/.test(leaves.get(leaf)!));
  const total = totalName === undefined ? undefined : Number(leaves.get(totalName));
  const moreName = [...leaves.keys()].find((leaf) => /more|has_?next/i.test(leaf) && /^(true|false)$/.test(leaves.get(leaf)!));
  const more = moreName !== undefined && leaves.get(moreName) === 'true';
  if (nextName === undefined && !more && (total === undefined || total <= records.length)) return;
  const differs = async (query: Record<string, string>): Promise<boolean> => {
    const answer = await ask(transport, path, query);
    const list = answer && listOf(stream, answer.document);
    return list !== undefined && list.length > 0 && !isDeepStrictEqual(list[0], records[0]);
  };
  const found =
    (nextName === undefined ? undefined : await byNext(nextName, leaves.get(nextName)!, records.length, differs)) ??
    (await byNumber(records.length, differs));
  const said = [
    ...(total === undefined ? [] : [`${totalName} is ${total}, and this answer has ${records.length}`]),
    ...(nextName === undefined ? [] : [`${nextName} leads to the next page`]),
    ...(more ? [`${moreName} says that there are more`] : []),
  ].join('; ');
  if (!found) {
    stream.evidence.push(`${said}; none of the usual parameters asks for more: look up how it pages, and add a paginator`);
    return;
  }
  const size = sizeIn(leaves, records.length);
  const request = stream.retriever['request'] as PlainMap;
  request['query'] = { [found.parameter]: `{{ ${found.kind} }}`, ...(size && found.kind !== 'cursor' ? { [size]: '{{ size }}' } : {}) };
  stream.paginator = {
    kind: found.kind,
    ...(found.kind === 'cursor' ? { cursor: nextName! } : { size: records.length }),
    ...(totalName === undefined ? {} : { total: totalName }),
    ...(moreName === undefined || totalName !== undefined ? {} : { more: moreName }),
  };
  stream.evidence.push(`${said}; with ${found.parameter}=${found.tried} it returned other records`);
}

interface Found {
  kind: 'page' | 'offset' | 'cursor';
  parameter: string;
  tried: string;
}
type Differs = (query: Record<string, string>) => Promise<boolean>;

/** The next page as an address, whose parameters say how, or as a text that some parameter takes. */
async function byNext(name: string, value: string, size: number, differs: Differs): Promise<Found | undefined> {
  if (/^https?:|^[/?]/.test(value)) {
    for (const [parameter, tried] of URL.parse(value, 'http://localhost/')?.searchParams ?? []) {
      const kind = tried === String(size) ? 'offset' : tried === '2' ? 'page' : undefined;
      if (kind && (await differs({ [parameter]: tried }))) return { kind, parameter, tried };
    }
    return undefined;
  }
  const last = name.split('.').at(-1)!;
  const own = last.replace(/^next_?/i, '').replace(/^[A-Z]/, (c) => c.toLowerCase());
  for (const parameter of [...new Set([last, own, 'cursor', 'after', 'page_token', 'pageToken', 'token', 'next', 'continuation'])].filter(
    Boolean,
  ))
    if (await differs({ [parameter]: value })) return { kind: 'cursor', parameter, tried: value };
  return undefined;
}

async function byNumber(size: number, differs: Differs): Promise<Found | undefined> {
  for (const parameter of ['page', 'pageNumber', 'page_number', 'p'])
    if (await differs({ [parameter]: '2' })) return { kind: 'page', parameter, tried: '2' };
  for (const parameter of ['offset', 'skip', 'start', '$skip'])
    if (await differs({ [parameter]: String(size) })) return { kind: 'offset', parameter, tried: String(size) };
  return undefined;
}

/** A parameter for the size of a page that the answer repeats under its own name. */
function sizeIn(leaves: ReadonlyMap<string, string>, size: number): string | undefined {
  return [...leaves]
    .filter(([, value]) => value === String(size))
    .map(([leaf]) => leaf.split('.').at(-1)!)
    .find((name) => /^(page_?size|per_?page|limit|size)$/i.test(name));
}

/** What it answers; undefined where it refuses to. */
async function ask(transport: RequestTransport, path: string, query: Record<string, string>): Promise<Answer | undefined> {
  try {
    const answer = await transport.request({ method: 'GET', path, query });
    const parts: Uint8Array[] = [];
    for await (const part of answer.bytes ?? []) parts.push(Buffer.from(part));
    return { document: JSON.parse(Buffer.concat(parts).toString('utf8')), link: answer.headers['link'] };
  } catch (error) {
    if (error instanceof InterlocalError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function listOf(stream: ProposedStream, document: unknown): unknown[] {
  const rows = (stream.decoder?.['json'] as PlainMap | undefined)?.['rows'];
  const at =
    typeof rows === 'string'
      ? rows.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], document)
      : document;
  return Array.isArray(at) ? at : [];
}

/** Plain values next to the records, by their path. */
function leavesOf(document: unknown): Map<string, string> {
  const leaves = new Map<string, string>();
  const visit = (value: unknown, at: string, depth: number): void => {
    if (Array.isArray(value)) return;
    if (typeof value === 'object' && value !== null) {
      if (depth < 3) for (const [name, inner] of Object.entries(value)) visit(inner, at ? `${at}.${name}` : name, depth + 1);
    } else leaves.set(at, value === null ? '' : String(value));
  };
  visit(document, '', 0);
  return leaves;
}
