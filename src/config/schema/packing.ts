import { z } from 'zod';
import { exactlyOne } from './common.ts';

/** How files are packed on their way: what is undone before they are decoded, and done after they are encoded. */

const limits = {
  max_size: z
    .int()
    .positive()
    .default(2_147_483_648)
    .describe('Most bytes that may come out of this step. A file that gives more is refused while it is unpacked.'),
  max_ratio: z
    .number()
    .positive()
    .default(200)
    .describe('Most bytes that may come out for each byte that went in; the first 10 MB are free. More than that is treated as an attack.'),
};

const gzipStep = z.strictObject(limits);
const zipStep = z.strictObject({
  entry: z
    .string()
    .min(1)
    .default('*')
    .describe('Name of the one file in the archive that is read, with * and ?, in whatever folder; with a /, its whole path.'),
  ...limits,
});
const pgpStep = z.strictObject({
  private_key: z
    .string()
    .describe("The town's own private key, armored: {{ options.NAME }}, where NAME is an option of the connector of type secret."),
  passphrase: z.string().optional().describe('The passphrase of the private key, the same way. Not needed where the key has none.'),
  signed_by: z
    .string()
    .optional()
    .describe("The sender's public key, armored: {{ options.NAME }}. Given, only files with a valid signature of this key are taken."),
  ...limits,
});

const UNPACKERS = ['pgp', 'gzip', 'zip'] as const;
export const unpackStep = exactlyOne(
  z.strictObject({
    pgp: pgpStep.optional().describe('Decrypt an OpenPGP message (PGP, GnuPG), binary or armored.'),
    gzip: gzipStep.optional().describe('Unpack a .gz file.'),
    zip: zipStep.optional().describe('Extract one file from a ZIP archive.'),
  }),
  UNPACKERS,
);
export type UnpackStep = z.output<typeof unpackStep>;

const pgpPacking = z.strictObject({
  public_key: z
    .string()
    .describe("The receiver's public key, armored: {{ options.NAME }}, or the key itself where every town sends to the same one."),
  sign_with: z
    .string()
    .optional()
    .describe("The town's own private key, armored, where the receiver wants a signature: {{ options.NAME }}, an option of type secret."),
  passphrase: z.string().optional().describe('The passphrase of that private key, the same way. Not needed where the key has none.'),
  armored: z.boolean().default(false).describe('true: written as text (-----BEGIN PGP MESSAGE-----) instead of bytes.'),
});
const PACKERS = ['gzip', 'zip', 'pgp'] as const;
export const packStep = exactlyOne(
  z.strictObject({
    gzip: z.strictObject({}).optional().describe('Pack it as a .gz file.'),
    zip: z
      .strictObject({
        entry: z.string().min(1).describe('Name of the file in the archive, with {{ date }} and {{ sequence }} as in name.'),
      })
      .optional()
      .describe('Put it into a ZIP archive.'),
    pgp: pgpPacking.optional().describe('Encrypt it for a key of OpenPGP (PGP, GnuPG).'),
  }),
  PACKERS,
);
export type PackStep = z.output<typeof packStep>;
