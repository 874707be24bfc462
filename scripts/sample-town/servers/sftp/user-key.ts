import ssh2 from 'ssh2';

export interface SshKey {
  private: string;
  public: string;
}

/**
 * A new ed25519 key, locked where a passphrase is given. One of 240 that ssh2 makes cannot be read, by ssh2 or by anybody: then another one
 * is made.
 */
export function ed25519Key(passphrase?: string): SshKey {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519', passphrase === undefined ? {} : { passphrase, cipher: 'aes256-cbc', rounds: 16 });
    if (!(ssh2.utils.parseKey(key.private, passphrase) instanceof Error)) return key;
  }
}
