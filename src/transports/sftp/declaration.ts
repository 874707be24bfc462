import type { FileDeclaration } from '../declaration.ts';

/** The key of no server. */
const OTHER_HOST_KEY = `SHA256:${'A'.repeat(43)}`;

/** Files on an SFTP server. */
export const sftp: FileDeclaration = {
  reads: 'files',
  writes: 'file',
  statuses: { is: 'SFTP status', from: 1, to: 31, hint: '2 no such file, 3 permission denied, 4 failure, 8 not supported.' },
  supplies: 'The address of the SFTP server, a user name, a password or key, and the fingerprint of its host key as the vendor gave it.',
  optionsSchema: async () => (await import('./options.ts')).sftpOptions,
  open: async (options, context) => (await import('./sftp.ts')).openSftp(options, context),
  mustRefuse: [
    {
      check: 'host_key',
      title: 'A server with another host key is refused',
      options: { host_key: OTHER_HOST_KEY },
      code: 'HOST_KEY_CHANGED',
    },
  ],
  login: {
    server: 'ssh',
    nowhere: (port, password) => ({
      host: '127.0.0.1',
      port,
      username: 'certify',
      password,
      host_key: OTHER_HOST_KEY,
      timeout: '5s',
    }),
  },
};
