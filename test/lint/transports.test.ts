import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { TRANSPORT_NAMES } from '../../src/transports/transports.ts';

const root = join(import.meta.dirname, '../..');
const NAMES: ReadonlySet<string> = new Set(TRANSPORT_NAMES);

/**
 * Files outside a transport's folder that may import from it. They read and write the service descriptions and messages of SOAP where
 * there is no connection: from a WSDL that an author has, and in the server that answers as recorded. They are for what a transport
 * declares (`describedBy: 'wsdl'`), and ask for no name.
 */
const MAY_IMPORT: Readonly<Record<string, string>> = {
  'src/authoring/discover/wsdl.ts': 'soap',
  'src/authoring/scaffold/skeleton-soap.ts': 'soap',
  'src/authoring/certify/request/replay-server.ts': 'soap',
};

/** Words that mean something else in a folder. */
const WORDS: Readonly<Record<string, string>> = {
  // What a path on the server is: a file, a folder, a link.
  'src/transports/sftp/': 'folder',
};

describe('a transport is known by name in its own folder alone', () => {
  test('everything else in src/ asks its declaration', () => {
    const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)));
    expect(files.length).toBeGreaterThan(400);
    expect(files.flatMap((file) => named(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  test('every exception is still one', () => {
    for (const [file, name] of Object.entries(MAY_IMPORT))
      expect(readFileSync(join(root, file), 'utf8'), file).toContain(`/transports/${name}/`);
  });

  test.each([
    ["if (connector.transport === 'soap') x();"],
    ["if ('sqlserver' !== transport) x();"],
    ["switch (transport) { case 'http': x(); }"],
    ["if (['sftp', 'folder'].includes(transport)) x();"],
    ["const of = { sftp: 'files', http: 'request' };"],
    ["type Name = 'sftp' | 'soap';"],
    ['const { open } = transports.sftp;'],
    ["const { open } = transports['sftp'];"],
    ["const onDisk = { ...connector, transport: 'folder' as const };"],
    ["const named = { transport: 'folder' };"],
    ["import { x } from '../../transports/sftp/status.ts';"],
    ["const x = await import('../../transports/soap/xml.ts');"],
  ])('%s is found', (line) => {
    expect(named('src/engine/run/planted.ts', line)).toHaveLength(1);
    expect(named('src/transports/planted.ts', line.replace('../../transports/', './'))).toHaveLength(1);
  });

  test.each([
    ["type Where = Pick<Project, 'dataFolder' | 'folder'>;"],
    ["names(text, ['target', 'file', 'folder'], options);"],
    ['const soap = context.soap;'],
    ["import { x } from '../../transports/web/status.ts';"],
    ["const text = 'over sftp or http';"],
  ])('%s is something else', (line) => {
    expect(named('src/engine/run/planted.ts', line)).toEqual([]);
  });

  test('in its own folder, a transport may name itself, and not its neighbors', () => {
    expect(named('src/transports/soap/planted.ts', "import { x } from './xml.ts'; export const is = transport === 'soap';")).toEqual([]);
    expect(named('src/transports/soap/planted.ts', "import { x } from '../http/x.ts';")).toHaveLength(1);
  });
});

/** Where a file tests, lists or reaches into transports by name: file, line and what is there. */
function named(file: string, text: string): string[] {
  if (file === 'src/transports/registry.ts') return [];
  const own = /^src\/transports\/([^/]+)\//.exec(file)?.[1];
  const word = WORDS[`${dirname(file)}/`];
  const others = new Set([...NAMES].filter((name) => name !== own && name !== word));
  if (!mayName(text)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const note = (node: ts.Node): void => {
    found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${node.getText().slice(0, 80)}`);
  };
  const is = (node: ts.Node | undefined): boolean => node !== undefined && others.has(textOf(node) ?? '');
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && EQUALS.has(node.operatorToken.kind) && (is(node.left) || is(node.right))) note(node);
    else if (ts.isCaseClause(node) && is(node.expression)) note(node);
    else if (ts.isArrayLiteralExpression(node) && several(node.elements.map(textOf), others)) note(node);
    else if (ts.isUnionTypeNode(node) && several(node.types.map(textOf), others)) note(node);
    else if (ts.isObjectLiteralExpression(node) && several(node.properties.map(keyOf), others)) note(node);
    else if (ts.isPropertyAssignment(node) && keyOf(node) === 'transport' && is(node.initializer)) note(node);
    else if (ts.isPropertyAccessExpression(node) && isRegistry(node.expression) && others.has(node.name.text)) note(node);
    else if (ts.isElementAccessExpression(node) && isRegistry(node.expression) && is(node.argumentExpression)) note(node);
    else if (importOf(node) !== undefined && reaches(file, importOf(node)!, others)) note(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isRegistry(node: ts.Node): boolean {
  return ts.isIdentifier(node) && (node.text === 'transports' || node.text === 'registry');
}

/** Most files are not worth parsing: they have no name in quotes, no two of them as keys, and do not speak of transports. */
function mayName(text: string): boolean {
  const names = [...NAMES].join('|');
  const keys = new Set([...text.matchAll(new RegExp(`\\b(${names})\\s*:`, 'g'))].map(([, name]) => name));
  return keys.size > 1 || new RegExp(`['"\`](?:${names})['"\`]|/(?:${names})/|transports[./]|transports\\[|registry[.[]`).test(text);
}

const EQUALS = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
]);

function textOf(node: ts.Node): string | undefined {
  if (ts.isLiteralTypeNode(node)) return textOf(node.literal);
  if (ts.isAsExpression(node)) return textOf(node.expression);
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

function keyOf(node: ts.ObjectLiteralElementLike): string | undefined {
  return node.name && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name)) ? node.name.text : undefined;
}

/** A list of transports has two of them at least; one alone may be a word for something else. */
function several(texts: readonly (string | undefined)[], names: ReadonlySet<string>): boolean {
  return new Set(texts.filter((text) => text !== undefined && names.has(text))).size > 1;
}

function importOf(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) return textOf(node.moduleSpecifier);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return textOf(node.arguments[0]!);
  return undefined;
}

function reaches(file: string, path: string, names: ReadonlySet<string>): boolean {
  if (!path.startsWith('.')) return false;
  const name = /^src\/transports\/([^/]+)\//.exec(normalize(join(dirname(file), path)))?.[1];
  return name !== undefined && names.has(name) && MAY_IMPORT[file] !== name;
}
