import { createRequire } from 'node:module';

interface Handler {
  prototype: object;
}
interface Handlers {
  TokenHandler: Handler;
  RequestTokenHandler: Handler;
  AttentionTokenHandler: Handler;
}

/**
 * Lets an answer that comes after its request was given up be passed over. tedious 19 reads it with a handler that throws at the first
 * column, outside of every promise, and that ends the whole process. It is read as the rest of a canceled request is: rows are dropped, and
 * what it says of transactions holds.
 */
export function passOverLateAnswers(): void {
  const driver = createRequire(createRequire(import.meta.url).resolve('mssql'));
  const { TokenHandler, RequestTokenHandler, AttentionTokenHandler } = driver('tedious/lib/token/handler.js') as Handlers;
  for (const name of Object.getOwnPropertyNames(TokenHandler.prototype)) {
    if (!name.startsWith('on') || Object.hasOwn(AttentionTokenHandler.prototype, name)) continue;
    const ofRequest = Object.getOwnPropertyDescriptor(RequestTokenHandler.prototype, name);
    if (ofRequest) Object.defineProperty(AttentionTokenHandler.prototype, name, ofRequest);
  }
}
