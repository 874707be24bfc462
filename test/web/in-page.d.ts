/** `name`: of the label, or the text. `seen`: it is outlined. */
export function focused(): { id: string; name: string; inContent: boolean; seen: boolean };
export function width(): number;
export function structure(): Record<string, string | number | string[] | number[]>;
export function faintTexts(): string[];
export function chartAndTable(): { heights: number[]; totals: number[] };
