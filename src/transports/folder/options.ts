import { z } from 'zod';
import { timeoutOption, totalTimeoutOption, uploadOption } from '../options.ts';

/** Options of a connection to a folder on this machine or a mounted share. */
export const folderOptions = z.strictObject({
  path: z.string().min(1).describe("The folder; relative to the town's folder, or absolute."),
  upload: uploadOption,
  timeout: timeoutOption('2m'),
  total_timeout: totalTimeoutOption('2h', 'one file'),
});
export const folderSettings = z.object(folderOptions.shape);
