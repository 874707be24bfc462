/** What DOS, and systems that come from it, write at the end of a text file (^Z). */
export const CTRL_Z = '\x1a';
