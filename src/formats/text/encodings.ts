import type { CsvOptions } from '../../config/schema/connector.ts';

export type Encoding = NonNullable<CsvOptions['encoding']>;
