/** A secret is looked for within a longer Base64 text only when so many characters of it are there as they are. */
const SHORTEST_CORE = 6;

/**
 * How a secret may be written in what other systems, libraries and logs say: as it is; for URLs, forms, JSON, XML and HTML; as hex and
 * Base64, alone or in the middle of a longer text such as `user:password` of a Basic header. Longest first.
 */
export function writtenForms(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const plain = [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(encodeURIComponent(secret)),
    lowerCaseEscapes(encodeURIComponent(secret)),
    encodeURIComponent(secret).replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    // As forms and URLSearchParams write it, which is not as encodeURIComponent does.
    new URLSearchParams([['', secret]]).toString().slice(1),
    ...jsonForms(secret),
    xml(secret, '&quot;', '&apos;'),
    xml(secret, '&quot;', "'"),
    xml(secret, '&#34;', '&#39;'),
    xml(secret, '&#x22;', '&#x27;'),
    secret.replaceAll("'", "''"),
  ];
  if (secret.length <= 3) return longestFirst([...plain, bytes.toString('base64')]);
  const encoded = [bytes, Buffer.from(secret, 'utf16le')].flatMap((raw) => {
    const hex = raw.toString('hex');
    const pairs = hex.match(/../g)!;
    return [
      hex,
      ...[':', ' ', '-', '%', '\\x', ', 0x'].map((between) => (between === '%' || between === '\\x' ? between : '') + pairs.join(between)),
      ...base64Forms(raw),
    ];
  });
  return longestFirst([...plain, ...encoded.flatMap((form) => [form, ...(isHex(form) ? [form.toUpperCase()] : [])])]);
}

/**
 * The Base64 of a text depends on where it stands among others: three ways, of which the characters that are shared with the neighbors
 * are left out. Each also in the alphabet for URLs, with its padding where it has any.
 */
function base64Forms(bytes: Buffer): string[] {
  const whole = bytes.toString('base64');
  const cores = [0, 1, 2].flatMap((before) => {
    const text = withoutPadding(Buffer.concat([Buffer.alloc(before), bytes]).toString('base64'));
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    const core = text.slice(from, to);
    return core.length >= SHORTEST_CORE ? [core] : [];
  });
  const percent = (text: string): string => text.replace(/[+/=]/g, encodeURIComponent);
  return [whole, withoutPadding(whole), ...cores].flatMap((text) => [
    text,
    percent(text),
    text.replaceAll('+', '-').replaceAll('/', '_'),
    text.replaceAll('/', '\\/'),
  ]);
}

function longestFirst(forms: readonly string[]): string[] {
  return [...new Set(forms)].filter((form) => form !== '').sort((a, b) => b.length - a.length);
}

function isHex(form: string): boolean {
  return /^(?:%|\\x)?[0-9a-f]{2}(?:(?:[: -]|%|\\x|, 0x)?[0-9a-f]{2})*$/.test(form);
}

function lowerCaseEscapes(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

/** Languages differ in what they escape beyond what they must: nothing, what is not ASCII, what means something in HTML; and slashes. */
function jsonForms(text: string): string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const upper = (c: string): string => escapeUnit(c).toUpperCase().replace('\\U', '\\u');
  const once = [
    plain,
    ...[/[\u0080-\uffff]/g, /[<>&'\u0080-\uffff]/g].flatMap((what) => [plain.replace(what, escapeUnit), plain.replace(what, upper)]),
  ];
  // JSON inside JSON is escaped twice.
  return once.flatMap((form) => [form, form.replaceAll('/', '\\/')]).flatMap((form) => [form, JSON.stringify(form).slice(1, -1)]);
}

function escapeUnit(c: string): string {
  return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function xml(text: string, quote: string, apostrophe: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', quote).replaceAll("'", apostrophe);
}

function withoutPadding(base64: string): string {
  let end = base64.length;
  while (base64[end - 1] === '=') end--;
  return base64.slice(0, end);
}
