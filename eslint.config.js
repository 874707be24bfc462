import { defineConfig } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

/** The one dependency rule: a folder of src/ imports only from folders above it in this list. */
export const LAYERS = [
  'core',
  'config',
  'formats',
  'transports',
  'packs',
  'connector',
  'mapping',
  'identity',
  'reconciliation',
  'store',
  'engine',
  'reports',
  'authoring',
  'worker',
  'server',
  'cli',
];

/** These never import the store, types included: they ask the engine, and the reports. */
export const ABOVE_THE_STORE = ['worker', 'server', 'cli'];

/** These know no clock, no disk and no network: everything is passed in, so they can be tested and run again with the same result. */
export const PURE = ['mapping', 'identity', 'reconciliation'];

const OUTSIDE =
  '^(?:node:)?(?:fs|net|http|https|http2|dgram|dns|tls|child_process|worker_threads|cluster)(?:/.*)?$|^(?:axios|undici|ssh2|mssql|knex|better-sqlite3|pg|pg-[a-z-]+)(?:/.*)?$';
const CLOCK = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'This folder knows no clock: pass the time in.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'This folder knows no clock: pass the time in.' },
  { selector: "CallExpression[callee.name='Date']", message: 'This folder knows no clock: pass the time in.' },
  {
    selector: "MemberExpression[object.name='performance'][property.name='now']",
    message: 'This folder knows no clock: pass the time in.',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'This folder gives the same result each time: no chance.',
  },
  { selector: "CallExpression[callee.name='fetch']", message: 'This folder knows no network.' },
];
const ENVIRONMENT = [
  { selector: "MemberExpression[object.name='process'][property.name='env']", message: 'Only src/config reads the environment.' },
  { selector: "MemberExpression[object.name='process'][property.value='env']", message: 'Only src/config reads the environment.' },
  { selector: "VariableDeclarator[init.name='process'] Property[key.name='env']", message: 'Only src/config reads the environment.' },
  {
    selector: 'ImportDeclaration[source.value=/^(node:)?process$/]',
    message: 'Use the global process; only src/config reads the environment.',
  },
];

/** Drivers of the databases that the store can be in, and what speaks SQL to them. */
const DRIVERS = '^(?:knex|better-sqlite3|pg|pg-[a-z-]+)(?:/.*)?$';
/** Outside of the store, a store is something that is handed on: it is asked by functions of src/store, and closed. */
const SQL = [
  'CallExpression[callee.name=/^(?:knex|trx)$/]',
  "CallExpression[callee.property.name='knex']",
  "CallExpression[callee.object.name=/^(?:knex|trx)$/][callee.property.name!='destroy']",
  "CallExpression[callee.object.property.name='knex'][callee.property.name!='destroy']",
  "MemberExpression[object.name=/^(?:knex|trx)$/][property.name!='destroy']",
].map((selector) => ({ selector, message: 'SQL is in src/store only: ask through a function there.' }));
/** Which database it is. */
const DIALECT = [
  {
    selector: ':not(ImportDeclaration) > Literal[value=/^(?:sqlite3?|better-sqlite3|postgres(?:ql)?|pg)$/]',
    message: 'Only src/store/sqlite and src/store/postgres know which database it is: make the difference part of src/store/dialect.ts.',
  },
];
/** Where it is known: in a folder for each of the two, and in files that choose one by a URL, or are for one alone. */
const KNOWING = ['sqlite/**', 'postgres/**', 'open.ts', 'reader.ts', 'failures.ts', 'scratch.ts'].map((path) => `src/store/${path}`);
/** A COMMIT that fails must be heard of: knex's own commit() never rejects. */
const OPEN_TRANSACTION = [
  {
    selector: "CallExpression[callee.property.name='transaction'][arguments.length=0]",
    message: 'Use landing or beginLanding of src/store/landing/landing.ts, or knex.transaction(work): only they tell when COMMIT fails.',
  },
];

/** The same for `import()`, which ESLint's own rule does not look at. */
function loadedLater({ regex, message }) {
  // A selector's pattern ends at the first slash, escaped or not.
  return { selector: `ImportExpression[source.value=/${regex.replaceAll('/', '\\x2F')}/]`, message };
}

/** How deep below src/<layer>/ files may lie. */
const DEEPEST = 4;

function layerRules(layer) {
  const depths = Array.from({ length: DEEPEST }, (_, depth) => depth);
  const tests = ['**/*.test.ts'];
  if (layer !== 'store') return depths.map((depth) => rulesOf(layer, depth, { ignores: tests }));
  return depths.flatMap((depth) => [
    rulesOf('store', depth, { ignores: tests }),
    rulesOf('store', depth, { ignores: [...tests, ...KNOWING], ofAnyDatabase: true }),
  ]);
}

/** Rules for the files of a layer in folders of one depth. Tests are ignored: they may look at anything. */
function rulesOf(layer, depth, { ignores, ofAnyDatabase = false }) {
  const below = LAYERS.slice(LAYERS.indexOf(layer) + 1);
  const pure = PURE.includes(layer);
  const isStore = layer === 'store';
  const up = '\\.\\./'.repeat(depth + 1);
  const patterns = [
    { regex: `^${up}(?:main\\.ts|\\.\\./)`, message: `src/${layer} imports from src/ alone, and not from main.ts.` },
    ...(below.length
      ? [{ regex: `^${up}(?:${below.join('|')})/`, message: `src/${layer} imports only from folders above it: ${LAYERS.join(', ')}.` }]
      : []),
    ...(ABOVE_THE_STORE.includes(layer)
      ? [{ regex: `^${up}store/`, message: `src/${layer} asks src/engine and src/reports, and never the store itself.` }]
      : []),
    ...(isStore || pure ? [] : [{ regex: DRIVERS, message: 'Databases are spoken to in src/store only.' }]),
    ...(isStore ? [] : [{ regex: 'store/(?:sqlite|postgres)/', message: 'Only src/store knows which database it is.' }]),
    ...(ofAnyDatabase
      ? [
          { regex: DRIVERS.replace('knex|', ''), message: 'Drivers are used in src/store/sqlite and src/store/postgres only.' },
          { regex: '^\\.{1,2}/(?:sqlite|postgres)/', message: 'Ask the dialect of the store: src/store/dialect.ts.' },
        ]
      : []),
    ...(pure ? [{ regex: OUTSIDE, message: `src/${layer} knows no disk and no network.` }] : []),
  ];
  return {
    name: `interlocal/${layer}/${depth}${ofAnyDatabase ? '/of-any-database' : ''}`,
    files: [`src/${layer}/${'*/'.repeat(depth)}*.ts`],
    ignores,
    rules: {
      'no-restricted-imports': ['error', { patterns }],
      'no-restricted-syntax': [
        'error',
        ...(layer === 'config' ? [] : ENVIRONMENT),
        ...(pure ? CLOCK : []),
        ...(isStore ? [] : SQL),
        ...(ofAnyDatabase ? [...DIALECT, ...OPEN_TRANSACTION] : []),
        ...patterns.map(loadedLater),
      ],
    },
  };
}

export default defineConfig(
  { ignores: ['node_modules/', 'data/', 'coverage/', '**/fixtures/**'] },
  {
    // Of ESLint's own rules, those that find mistakes which the compiler does not.
    rules: {
      eqeqeq: 'error',
      'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
      'no-debugger': 'error',
      'no-dupe-else-if': 'error',
      'no-empty': 'error',
      'no-fallthrough': 'error',
      'no-misleading-character-class': 'error',
      'no-self-assign': 'error',
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error',
      'no-unsafe-optional-chaining': 'error',
      'no-useless-backreference': 'error',
      'no-useless-escape': 'error',
      'no-var': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true }],
      // "noUncheckedIndexedAccess" makes the sign necessary where an index is known to be there.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', 400],
      'no-console': 'error',
    },
  },
  {
    // Outside data meets these: no text may take more time than its length. test/lint/patterns.test.ts proves that the rules bite.
    name: 'interlocal/patterns',
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: true }],
    },
  },
  { files: ['src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: ['src/**/*.test.ts', 'test/**/*.ts'], rules: { 'max-lines': 'off' } },
  ...LAYERS.flatMap(layerRules),
);
