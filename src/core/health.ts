export type Health = 'ok' | 'attention' | 'failing';
