export type ReportCell = string | number | boolean | null;

/** A row of a table of a report; a row with money has its `currency`, also where no column shows it. */
export type ReportRow = Readonly<Record<string, ReportCell>>;
