/**
 * Is this a development or test build? There, what leaves the product is checked against the shapes that docs/json.md promises; a town's
 * installation does not pay for it.
 */
export function isDevelopment(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.NODE_ENV === 'test' || env.NODE_ENV === 'development';
}
