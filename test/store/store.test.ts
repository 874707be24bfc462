import { STORES } from './stores.ts';
import { testStore } from './test-store.ts';

for (const store of STORES) testStore(store);
