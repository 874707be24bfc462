import type { FileDeclaration } from '../declaration.ts';

/** A folder of this machine, or a share that is mounted. */
export const folder: FileDeclaration = {
  reads: 'files',
  writes: 'file',
  statuses: { instead: 'Use fault with the code of the system: EBUSY, EACCES.' },
  supplies: 'The path of the folder, on this machine or a share, where the files are written.',
  optionsSchema: async () => (await import('./options.ts')).folderOptions,
  localPaths: ['path'],
  ofFolder: (path) => ({ path }),
  open: async (options, context) => (await import('./folder.ts')).openFolder(options, context),
};
