import type { AddressInfo } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthenticationType } from 'ssh2';

/** An SSH server that notes every method by which a client tries to get in, offers those given, and has no SFTP. */
export async function startQuestioningServer(hostKey: string, password: string, offered: readonly AuthenticationType[] = ['password']) {
  const asked: string[] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (attempt) => {
      asked.push(attempt.method);
      if (attempt.method === 'password' && attempt.password === password) return attempt.accept();
      if (attempt.method === 'keyboard-interactive' && offered.includes('keyboard-interactive'))
        return attempt.prompt([{ prompt: 'Password: ', echo: false }], (answers) =>
          answers[0] === password ? attempt.accept() : attempt.reject([...offered]),
        );
      attempt.reject([...offered]);
    });
    client.on('session', (accept) => void accept());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked: () => asked,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
