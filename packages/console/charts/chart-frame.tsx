import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';

export interface ChartTable {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

/**
 * What every chart stands in: its title, the figure that matters most, and under the drawing the same figures as a table, for
 * whoever does not see it or wants to know exactly.
 */
export function ChartFrame({
  title,
  figure,
  summary,
  table,
  children,
}: {
  title: string;
  /** The present value, or the one to remember. */
  figure?: ReactNode;
  /** The drawing in one sentence, read out in its place. */
  summary: string;
  table: ChartTable;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <figure aria-labelledby={id} className="min-w-0 rounded-lg border bg-surface p-4">
      <figcaption className="flex items-baseline justify-between gap-3">
        <h3 id={id} className="font-medium text-sm">
          {title}
        </h3>
        {figure !== undefined && <span className="tabular text-ink-soft text-sm">{figure}</span>}
      </figcaption>
      <div role="img" aria-label={summary} className="mt-3 h-44">
        {children}
      </div>
      <details className="mt-2 text-sm">
        <summary className="w-fit cursor-pointer rounded-sm text-ink-faint text-xs hover:text-ink">
          {t('charts.asTable')}
        </summary>
        <div
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
          tabIndex={0}
          className="mt-2 max-h-56 overflow-auto rounded-md border"
        >
          <table className="tabular w-full text-xs">
            <caption className="sr-only">{title}</caption>
            <thead>
              <tr className="sticky top-0 bg-sunken">
                {table.columns.map((column) => (
                  <th key={column} scope="col" className="px-3 py-1.5 text-start font-medium text-ink-soft">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the rows have no names of their own
                <tr key={index} className="border-t">
                  {row.map((cell, column) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: nor have the cells
                    <td key={column} className="whitespace-nowrap px-3 py-1">
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
