/** What is used of the driver's connection beyond its types. */
interface DriverConnection {
  on(event: 'secure', listener: () => void): unknown;
  messageIo?: unknown;
  sendLogin7Packet?: () => void;
}

/**
 * With encrypt: true the driver (tedious 19.2) still logs in without encryption when the server says that it has none, so anyone
 * on the way who answers so is sent the password. This refuses the login before it is sent, on every try and redirection.
 */
export function requireEncryption(connection: unknown): void {
  const driver = connection as DriverConnection;
  const sendLogin = driver.sendLogin7Packet;
  if (typeof sendLogin !== 'function')
    throw new Error('The SQL Server driver changed: sendLogin7Packet is gone, so a login without encryption could not be prevented.');
  let secured: unknown;
  driver.on('secure', () => (secured = driver.messageIo));
  driver.sendLogin7Packet = function refuseInTheClear() {
    if (secured === undefined || secured !== driver.messageIo)
      throw Object.assign(new Error('The server offers no encryption'), { code: 'ENOENCRYPTION' });
    sendLogin.call(driver);
  };
}
