import type { StreamConfig } from '../../config/schema/connector.ts';
import { placesAt, type Value, type Values } from '../../core/record.ts';

/** A declared group or list that is something else in a record; `set` puts another value in its place. */
export interface WrongShape {
  name: string;
  type: 'object' | 'list';
  value: Value;
  set(value: Value): void;
}

interface Shape {
  name: string;
  type: 'object' | 'list';
  /** The field of the group that a plain text is. */
  plain: string | undefined;
  /** Items of the list are groups, because fields of them are declared. */
  groups: boolean;
}

/**
 * Holds records to the groups and lists that their schema declares. A single value of a list becomes a list of one. A plain text where
 * a group should be becomes the group's field `text`, where that is declared, or the one that `plain` names; otherwise `wrong` is told,
 * which stops at true. undefined where nothing of the kind is declared.
 */
export function shapesOf({
  schema: { fields },
}: StreamConfig): ((values: Values, wrong: (found: WrongShape) => boolean) => void) | undefined {
  const shapes = Object.entries(fields)
    .flatMap(([name, { type, plain }]): Shape[] => {
      if (type !== 'object' && type !== 'list') return [];
      const groups = Object.keys(fields).some((other) => other.startsWith(`${name}.`));
      return [{ name, type, plain: Object.hasOwn(fields, `${name}.text`) ? 'text' : plain, groups }];
    })
    // The outer ones first: what is inside is looked for in what they became.
    .toSorted((a, b) => a.name.split('.').length - b.name.split('.').length);
  if (shapes.length === 0) return undefined;

  /** true: stop. */
  function hold({ name, type, plain, groups }: Shape, group: Values, last: string, wrong: (found: WrongShape) => boolean): boolean {
    const value = group[last];
    if (value === undefined || value === null) return false;
    const set = (other: Value): void => void (group[last] = other);
    if (type === 'object') {
      if (typeof value === 'object' && !Array.isArray(value)) return false;
      if (typeof value !== 'string' || plain === undefined) return wrong({ name, type, value, set });
      set({ [plain]: value });
      return false;
    }
    const list = Array.isArray(value) ? value : [value];
    if (!Array.isArray(value)) set(list);
    if (!groups) return false;
    for (const [i, item] of list.entries()) {
      if (typeof item !== 'string') continue;
      if (plain === undefined) return wrong({ name, type, value: item, set: (other) => void (list[i] = other) });
      list[i] = { [plain]: item };
    }
    return false;
  }

  return (values, wrong) => {
    for (const shape of shapes) {
      const { groups, name } = placesAt(values, shape.name);
      for (const group of groups) if (hold(shape, group, name, wrong)) return;
    }
  };
}
