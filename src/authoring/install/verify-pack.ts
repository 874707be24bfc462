import { readPackSource } from '../../packs/archive.ts';
import { checkPackContents } from '../../packs/contents.ts';
import { type PackFiles, packHash } from '../../packs/files.ts';
import { checkSignature, type Signer } from '../../packs/signature.ts';
import { readYaml } from '../../config/yaml/document.ts';
import { FatalError, type Problem } from '../../core/errors.ts';
import { readTrustedKeys, TRUSTED_KEYS } from './trusted-keys.ts';

/** A pack whose files may be written to a disk: what they say is not proven yet. */
export interface VerifiedPack {
  connector: string;
  version: string;
  files: PackFiles;
  hash: string;
  /** undefined: unsigned. Its name is null where nobody in this town trusts the key. */
  signer: Signer | undefined;
  /** What a town may allow anyway: no signature, or one of an unknown key. */
  doubts: Problem[];
}

/**
 * Reads a pack from a folder or an archive and checks everything that can be known before anything is written: size,
 * names, links, secrets, name and version, hash and signature. Throws FatalError with every problem.
 */
export async function verifyPack(source: string, town: string, today: string): Promise<VerifiedPack> {
  const { files, problems } = await readPackSource(source);
  const found = [...problems, ...(problems.some((p) => p.code === 'PACK_TOO_LARGE') ? [] : checkPackContents(files))];
  if (found.length) throw new FatalError(found.slice(0, MAX_TOLD));
  const { connector, version } = nameAndVersion(source, files);
  const trusted = await readTrustedKeys(town);
  const { signer, problems: wrong } = checkSignature({ connector, version, files }, trusted.keys, today);
  if (wrong.length || trusted.problems.length) throw new FatalError([...trusted.problems, ...wrong]);
  const hash = packHash(files);
  return { connector, version, files, hash, signer, doubts: doubts(connector, version, hash, signer) };
}

const MAX_TOLD = 50;

function doubts(connector: string, version: string, hash: string, signer: Signer | undefined): Problem[] {
  if (!signer)
    return [
      {
        code: 'PACK_UNSIGNED',
        place: { system: `${connector} ${version}` },
        message: `The pack is not signed, so nothing proves who made it. Its hash is ${hash}.`,
        hint: 'Ask the vendor for a signed pack. Or have the vendor read out the hash by phone and, if it is the same, add the pack with --allow-unsigned.',
      },
    ];
  if (signer.name !== null) return [];
  return [
    {
      code: 'PACK_KEY_UNKNOWN',
      place: { system: `${connector} ${version}` },
      message: `The pack is signed with the key ${signer.key}, which is not in ${TRUSTED_KEYS}.`,
      hint: `Have the vendor read out the fingerprint of their key by phone. If it is the same, put their public key into ${TRUSTED_KEYS}/NAME.pem. To take the pack as unsigned: --allow-unsigned.`,
    },
  ];
}

/** What the manifest calls itself: it becomes the name of a folder, so it is looked at before one is made. */
function nameAndVersion(source: string, files: PackFiles): { connector: string; version: string } {
  const manifest = files.get('connector.yaml');
  if (!manifest)
    throw new FatalError({
      code: 'FILE_MISSING',
      place: { file: source },
      message: 'It contains no connector.yaml.',
      hint: 'A pack is the folder of one connector, with its connector.yaml at the top.',
    });
  const document = readYaml('connector.yaml', manifest.toString('utf8'));
  if (document.problems.length) throw new FatalError(document.problems);
  const { connector, version } = (document.value ?? {}) as Record<string, unknown>;
  const bad = (path: string, message: string, hint: string): Problem => ({
    code: 'VALUE_INVALID',
    place: { file: 'connector.yaml', path },
    message,
    hint,
  });
  const problems = [
    ...(typeof connector === 'string' && /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/.test(connector) && connector.length <= 60
      ? []
      : [bad('connector', 'must be a name.', 'Use lower-case words joined by -, such as water-billing.')]),
    ...(typeof version === 'string' && /^\d{1,9}\.\d{1,9}\.\d{1,9}$/.test(version)
      ? []
      : [bad('version', 'must be a version such as 1.0.0.', 'Correct it.')]),
  ];
  if (problems.length) throw new FatalError(problems);
  return { connector: connector as string, version: version as string };
}
