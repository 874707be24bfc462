import { storeUnderTest } from './stores.ts';
import { testStore } from './test-store.ts';

testStore(storeUnderTest);
