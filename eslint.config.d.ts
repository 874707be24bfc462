import type { Linter } from 'eslint';

/** The folders of src/, from the one that imports nothing of ours to the one that may import all. */
export declare const LAYERS: string[];
/** Those of them that never import the store. */
export declare const ABOVE_THE_STORE: string[];
/** Those of them that know no clock, disk or network. */
export declare const PURE: string[];
declare const config: Linter.Config[];
export default config;
