import type { Template } from '../config/schema/connector.ts';
import type { Value } from '../core/record.ts';

/** What `{{ name }}` stands for: `options.NAME` of the connection, and `page`, `size`, `offset`, `cursor`, `from`, `to` of the request. */
export type Variables = Record<string, string | undefined>;

const PLACEHOLDER = /\{\{\s*([\w.]+)\s*\}\}/g;

/** The names that a text asks for. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((m) => m[1]!);
}

/** Fills a text in. A name without a value gives nothing; which names there are was checked when the configuration was loaded. */
export function fillText(text: string, variables: Variables): string {
  return text.includes('{{') ? text.replace(PLACEHOLDER, (_, name: string) => variables[name] ?? '') : text;
}

/** Fills a request body in; a text that is one placeholder without a value becomes null. */
export function fill(template: Template, variables: Variables): Value {
  if (template === null) return null;
  if (typeof template === 'string') {
    const whole = /^\{\{\s*([\w.]+)\s*\}\}$/.exec(template);
    return whole ? (variables[whole[1]!] ?? null) : fillText(template, variables);
  }
  if (typeof template !== 'object') return String(template);
  if (Array.isArray(template)) return template.map((item) => fill(item, variables));
  return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, fill(value, variables)]));
}

export function fillAll(texts: Record<string, string> | undefined, variables: Variables): Record<string, string> | undefined {
  return texts && Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fillText(text, variables)]));
}

/** The connection's options as variables. */
export function optionVariables(options: Record<string, unknown>): Variables {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[`options.${name}`, String(value)]] : [],
    ),
  );
}
