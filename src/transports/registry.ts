// Every transport there is, by the name that manifests give it: one line each.
export { folder } from './folder/declaration.ts';
export { http } from './http/declaration.ts';
export { sftp } from './sftp/declaration.ts';
export { soap } from './soap/declaration.ts';
export { sqlserver } from './sqlserver/declaration.ts';
