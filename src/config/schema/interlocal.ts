import { z } from 'zod';
import { isTimeZone } from '../../core/time/zones.ts';
import { duration, id, monthDay, secret } from './common.ts';
import { savedReport } from './saved-report.ts';

const calendarDay = z.iso.date('must be a day such as 2026-11-27');

const calendar = z
  .strictObject({
    weekend: z
      .array(z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']))
      .max(6)
      .default(['saturday', 'sunday'])
      .describe('Days of the week without business.'),
    holidays: z
      .enum(['us_federal', 'us_bank', 'none'])
      .default('us_federal')
      .describe(
        'us_federal: as offices keep them. us_bank: as the Federal Reserve does, which is open on the Friday before a Saturday holiday.',
      ),
    also: z.array(calendarDay).default([]).describe('Other days without business.'),
    open: z.array(calendarDay).default([]).describe('Holidays of the list that are worked.'),
  })
  .prefault({})
  .describe('Business days, for how long money may be in transit and how old an exception is.');
export type CalendarConfig = z.output<typeof calendar>;

const amount = z.string().regex(/^\d{1,12}(?:\.\d{1,3})?$/, 'must be an amount in quotes such as "20.00"');
const days = (standard: number) => z.int().min(0).max(365).default(standard);

/** config/interlocal.yaml: the town. */
export const interlocalSchema = z.strictObject({
  town: z.strictObject({
    name: z.string().min(1),
    time_zone: z
      .string()
      .refine(isTimeZone, 'is not a time zone; use an IANA name such as America/New_York')
      .describe('IANA time zone, for schedules and display.'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as USD')
      .describe('ISO 4217 code.'),
    fiscal_year_starts: monthDay.default('01-01'),
    calendar,
  }),
  store: z
    .strictObject({
      url: z
        .string()
        .default('sqlite:data/interlocal.db')
        .describe(
          'sqlite:PATH (relative to this folder); postgres://USER@HOST[:PORT]/DATABASE[?sslrootcert=PATH&sslmode=disable]; or a reference ${env:NAME} to a URL. INTERLOCAL_STORE in the environment overrides it.',
        ),
      password: secret.optional().describe('The password of the user in url: a reference such as ${env:STORE_PASSWORD}.'),
    })
    .prefault({}),
  server: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.int().min(0).max(65535).default(8650).describe('PORT in the environment overrides it.'),
      names: z
        .array(z.string().min(1))
        .optional()
        .describe('Other names that browsers reach it by, such as interlocal.town.example; requests by any other name are refused.'),
    })
    .prefault({}),
  data_folder: z.string().default('data').describe('Where the store, fetched files and logs are kept.'),
  packs: z
    .boolean()
    .default(true)
    .describe('Use the connectors, mappings and model shipped with Interlocal; a file of the same name here overrides one.'),
  revenue: z
    .strictObject({
      receipts: z.string().default('receipt').describe('The entity whose records are money taken.'),
      lines: z
        .string()
        .default('charge')
        .describe('The entity that splits a receipt over accounts; used for receipts without an account of their own.'),
      parts: z
        .strictObject({
          separator: z.string().min(1).default('-').describe('What is between the parts of an account.'),
          fund: z.int().min(1).max(12).optional().describe('Which part of an account is its fund. Without it, as ledger.fund says.'),
          program: z
            .int()
            .min(1)
            .max(12)
            .optional()
            .describe('Which part of an account is its program; for receipts and lines that have no program of their own.'),
        })
        .prefault({})
        .describe('What the parts of an account mean, for revenue by fund and by program.'),
    })
    .prefault({}),
  periods: z
    .strictObject({
      blocking_exceptions: z
        .array(z.string().min(1))
        .default(['source_missing', 'unposted', 'bank_item_unposted', 'decision_no_longer_balances'])
        .describe('Types of exceptions that keep a period from closing while one of them is unresolved; others are carried over.'),
    })
    .prefault({})
    .describe('Closing of days, months and fiscal years.'),
  exceptions: z
    .strictObject({
      due: z
        .strictObject({
          theft_possible: days(1).describe('For types in which a person may have taken the money.'),
          large: days(3).describe('For amounts over large_from.'),
          large_from: amount.default('1000.00').describe("In the town's currency."),
          other: days(10),
        })
        .prefault({})
        .describe('Business days until somebody should have dealt with an exception, from the day it is about.'),
      most_megabytes: z.number().min(0.1).max(25).default(10).describe('How large a file that is attached to an exception may be.'),
      write_off: z
        .array(
          z.strictObject({
            role: z.string().min(1).describe('What people call it: cashier supervisor.'),
            people: z.array(z.string().min(1)).min(1).describe('Accounts, as the audit log names them.'),
            each: amount.describe("The most that one exception may come to, in the town's currency."),
            month: amount.describe('The most that one person may write off in one month of the fiscal year.'),
          }),
        )
        .default([])
        .describe('Who may write off how much. Nobody else may write off anything.'),
    })
    .prefault({})
    .describe('What does not reconcile and needs a person.'),
  ledger: z
    .strictObject({
      fund: z
        .strictObject({
          segment: z.int().min(1).max(12).default(1).describe('Which part of an account is its fund.'),
          separator: z.string().min(1).default('-').describe('What is between the parts of an account.'),
        })
        .prefault({}),
      debit: z
        .record(z.string(), z.string().min(1))
        .describe('By way of paying: the account that takes the money, such as cash: 100-1010.'),
      clearing: z
        .union([z.string().min(1), z.record(z.string(), z.string().min(1))])
        .optional()
        .describe(
          'The account that holds money that is not reconciled yet, such as 100-1046; or one for each way of paying. With it, revenue is in the entries of the month of its receipt, and moves from there when it arrives. Without it, revenue is in the entries of the month in which it is reconciled.',
        ),
      due_from: z
        .string()
        .min(1)
        .describe('The account of what a fund is owed by another: "{fund}-1310". {fund}: its own fund; {other}: the other one.'),
      due_to: z.string().min(1).describe('The account of what a fund owes another: "{fund}-2080".'),
    })
    .optional()
    .describe('How summarized journal entries are made of revenue.'),
  reports: z
    .record(id, savedReport)
    .default({})
    .describe('Reports that are saved under a name: interlocal report saved lists them, interlocal report run NAME makes one.'),
  runs: z
    .strictObject({
      at_once: z
        .int()
        .min(1)
        .max(16)
        .default(4)
        .describe('How many pipelines may run at the same time, by schedule and with run --all. Two never use one connection at once.'),
      stalled_after: duration
        .default('15m')
        .describe('A run without progress for longer than this (no record, no megabyte, no message) is shown as stalled.'),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(['error', 'warn', 'info', 'debug']).default('info') }).prefault({}),
});
export type InterlocalConfig = z.output<typeof interlocalSchema>;

const connectionTransport = id
  .optional()
  .describe(
    "How this system's files come, where it is not as the connector says: folder or sftp. Options are then those of this transport.",
  );

/** config/connections.yaml: this town's instances of connectors. Options are checked against each connector's own list. */
export const connectionsSchema = z.strictObject({
  connections: z
    .record(
      id,
      z.strictObject({
        connector: id.describe('The connector: a folder under connectors/.'),
        title: z.string().optional(),
        transport: connectionTransport,
        formerly: z
          .union([id, z.array(id)])
          .transform((names) => [names].flat())
          .optional()
          .describe('What this connection was called before it was renamed: its stored records continue under the new name.'),
        options: z.record(z.string(), z.unknown()).default({}).describe('Options of the transport and of the connector.'),
      }),
    )
    // A town that has none yet writes `connections:` and nothing below it.
    .nullable()
    .transform((connections) => connections ?? {}),
});
export type ConnectionsConfig = z.output<typeof connectionsSchema>;

/** config/connections.local.yaml: what is different on this machine, laid over connections.yaml by connection id. */
export const localConnectionsSchema = z.strictObject({
  connections: z
    .record(
      id,
      z.strictObject({
        connector: id.optional().describe('Another connector on this machine.'),
        title: z.string().optional(),
        transport: connectionTransport,
        options: z
          .record(z.string(), z.unknown())
          .default({})
          .describe('Options that differ on this machine; an option without a value is removed.'),
      }),
    )
    .nullable()
    .transform((connections) => connections ?? {}),
});
