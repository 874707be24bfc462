/** A real SSH server over a folder, which lets this user in with this password. Given by the command line, as StartTables is. */
export type StartSsh = (
  root: string,
  login: { username: string; password: string },
) => Promise<{ options: { host: string; port: number; host_key: string }; close(): Promise<void> }>;
